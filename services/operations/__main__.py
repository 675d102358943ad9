"""The command line `huiji`; each command is a file in `entrypoints/`."""

import typer

from services.operations.entrypoints.access import access
from services.operations.entrypoints.archive import archive
from services.operations.entrypoints.breaker import breaker
from services.operations.entrypoints.check_money import check_money
from services.operations.entrypoints.claim import claim
from services.operations.entrypoints.clocks import clocks_command
from services.operations.entrypoints.contracts import contracts
from services.operations.entrypoints.demo import demo
from services.operations.entrypoints.diff import diff
from services.operations.entrypoints.down import down
from services.operations.entrypoints.estimate import estimate
from services.operations.entrypoints.evaluate import evaluate_case
from services.operations.entrypoints.evidence import evidence
from services.operations.entrypoints.exits import NO
from services.operations.entrypoints.export import export
from services.operations.entrypoints.hospital_key import hospital_key
from services.operations.entrypoints.hospital_token import hospital_token_of, new_token
from services.operations.entrypoints.import_ import import_export
from services.operations.entrypoints.insurer import insurer
from services.operations.entrypoints.lag import lag
from services.operations.entrypoints.make_master_key import make_master_key
from services.operations.entrypoints.make_root_key import make_root_key
from services.operations.entrypoints.make_staff import make_staff
from services.operations.entrypoints.one_stop import one_stop
from services.operations.entrypoints.open_pool_account import open_pool_account
from services.operations.entrypoints.output import refuse
from services.operations.entrypoints.parked import parked
from services.operations.entrypoints.pay_again import pay_again
from services.operations.entrypoints.person import person
from services.operations.entrypoints.plan import plan
from services.operations.entrypoints.pool import pool
from services.operations.entrypoints.rebuild import PASSED_ON, rebuild
from services.operations.entrypoints.republish import republish
from services.operations.entrypoints.roots import roots
from services.operations.entrypoints.simulate import simulate
from services.operations.entrypoints.snapshots import snapshots
from services.operations.entrypoints.status import status
from services.operations.entrypoints.step import step
from services.operations.entrypoints.todo import todo
from services.operations.entrypoints.topics import topics
from services.operations.entrypoints.up import up
from services.operations.entrypoints.url import url
from services.operations.entrypoints.verify import verify_command
from services.operations.entrypoints.verify_chain import verify_chain
from services.operations.entrypoints.what_if import what_if

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.command()(demo)
app.command()(up)
app.command()(down)
app.command()(status)
app.command()(make_master_key)
app.command()(make_root_key)
app.command()(make_staff)
app.command()(open_pool_account)
app.command()(export)
app.command("import")(import_export)
app.command()(lag)
app.command()(check_money)
app.command()(verify_chain)
app.command("verify")(verify_command)
app.command()(roots)
app.command()(evidence)
app.command()(claim)
app.command()(person)
app.command()(url)
app.command()(todo)
app.command("pay-again")(pay_again)
app.command("clocks")(clocks_command)
app.command()(pool)
app.command("evaluate")(evaluate_case)
app.command()(estimate)
app.command()(hospital_key)
app.command("hospital-token")(hospital_token_of)
app.command()(new_token)
app.command()(simulate)
app.command(context_settings=PASSED_ON)(rebuild)
app.command("what-if")(what_if)
app.add_typer(plan, name="plan")
app.add_typer(insurer, name="insurer")
app.add_typer(access, name="access")
app.add_typer(one_stop, name="one-stop")
app.add_typer(diff, name="diff")
app.add_typer(step, name="step")
app.add_typer(parked, name="parked")
app.add_typer(breaker, name="breaker")
app.add_typer(topics, name="topics")
app.add_typer(snapshots, name="snapshots")
app.add_typer(republish, name="republish")
app.add_typer(archive, name="archive")
app.add_typer(contracts, name="contracts")


def main() -> None:
    """Entry point of the console script `huiji`. What the machine refuses is said in a line, never as a traceback."""
    try:
        app()
    except OSError as error:
        refuse(f"{error.filename}: {error.strerror}" if error.filename else str(error), NO)


if __name__ == "__main__":
    main()
