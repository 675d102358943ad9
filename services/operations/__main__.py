"""The command line `huiji`; each command is a file in `entrypoints/`."""

import typer

from services.operations.entrypoints.demo import demo
from services.operations.entrypoints.down import down
from services.operations.entrypoints.make_master_key import make_master_key
from services.operations.entrypoints.open_pool_account import open_pool_account
from services.operations.entrypoints.up import up

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(demo)
app.command()(up)
app.command()(down)
app.command()(make_master_key)
app.command()(open_pool_account)


def main() -> None:
    """Entry point of the console script `huiji`."""
    app()


if __name__ == "__main__":
    main()
