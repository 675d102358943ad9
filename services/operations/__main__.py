"""The entry point of `huiji`. Imports next to nothing before an interrupt is taken care of."""

import sys

from services.operations.entrypoints.ending import ending_as_tools_do, nothing_begun


def main() -> None:
    """Entry point of the console script `huiji`. What the machine refuses is said in a line, never as a traceback."""
    with ending_as_tools_do():
        with nothing_begun():
            from services.operations.entrypoints.commands import app
            from services.operations.entrypoints.exits import NO
        try:
            app()
        except OSError as error:
            sys.stderr.write((f"{error.filename}: {error.strerror}" if error.filename else str(error)) + "\n")
            sys.exit(NO)


if __name__ == "__main__":
    main()
