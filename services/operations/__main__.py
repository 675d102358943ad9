"""The command line `huiji`; each command is a file in `entrypoints/`."""

import typer

from services.operations.entrypoints.demo import demo
from services.operations.entrypoints.down import down
from services.operations.entrypoints.up import up

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(demo)
app.command()(up)
app.command()(down)


def main() -> None:
    """Entry point of the console script `huiji`."""
    app()


if __name__ == "__main__":
    main()
