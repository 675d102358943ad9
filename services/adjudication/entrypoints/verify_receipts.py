"""`python -m services.adjudication.entrypoints.verify_receipts CUT`: recompute every decision of a cut of the logs.

Prints what was checked as JSON (`libs/proof/report.py`); with `--receipts FILE` also writes a line per decision with
the digest of its recomputation, the same in every process, place and language. Exit status 0 whatever was found; 2
when the cut cannot be read. Needs no service, no database, no network.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import orjson

from libs.benefits import load_plans
from libs.proof import Cut, CutUnreadable, Reporter
from libs.proof.report import tell, tell_progress
from libs.runtime.collector import tune_collector
from services.adjudication.domain.plan_archive import plans_by_digest
from services.adjudication.use_cases.verify_receipts import SOURCE, receipts_of, verify_receipts


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description="Recompute every decision of a cut of the logs.")
    parser.add_argument("cut", type=Path, help="directory of an export")
    parser.add_argument("--receipts", type=Path, help="write a line per recomputed decision to this file")
    given = parser.parse_args(arguments)
    cut = Cut(given.cut)
    total = cut.event_count(SOURCE)
    try:
        if given.receipts is not None:
            given.receipts.write_bytes(_receipt_lines(cut))
        tell(verify_receipts(cut, load_plans(), lambda done: tell_progress(done, total)))
    except CutUnreadable as error:
        parser.exit(2, f"{error}\n")


def _receipt_lines(cut: Cut) -> bytes:
    plans = plans_by_digest(load_plans().values(), cut.plans()).plans
    return b"".join(
        orjson.dumps(
            {
                "decision_id": each.receipt.decision.decision_id,
                "place": each.place,
                "verdict": each.receipt.verdict,
                "digest": each.receipt.digest,
            }
        )
        + b"\n"
        for each in receipts_of(cut, plans, Reporter("receipts"))
    )


if __name__ == "__main__":
    tune_collector()
    main()
