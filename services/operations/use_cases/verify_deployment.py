"""Every check of a deployment, one after the other, each in its own words and all in one shape."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from libs.conservation import Report, check_history
from libs.eventlog.day_roots import DayRoot
from libs.proof import Checked, Cut, CutUnreadable, Finding
from libs.proof.bank import PAYOUT, check_bank
from libs.proof.chains import Ends, check_chains
from libs.proof.insurers import check_insurers
from libs.proof.report import MOST_FINDINGS, Reporter, unchecked
from libs.proof.root_checks import Keys, check_roots
from services.operations.adapters.bank_mailbox import BankSilent, read_mailbox, read_statement_files
from services.operations.adapters.checker_process import run_checker
from services.operations.adapters.exports import read_manifest
from services.operations.adapters.operators_tables import OPERATORS_NOT_AT_HAND
from services.operations.adapters.snapshot_tools import CHECK as SNAPSHOTS
from services.operations.adapters.snapshot_tools import check_all
from services.operations.domain.manifest import NAME
from services.operations.entrypoints.places import CHECKOUT

_RECEIPTS = "services.adjudication.entrypoints.verify_receipts"
_READ_MODELS = "services.projections.entrypoints.rebuild"
_PROJECTIONS = "projections"

OnProgress = Callable[[int, int | None], None]
"""How far the present check is: done, and of how many when that is known."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the checks stand on. `kept_roots`: roots that somebody kept elsewhere; `root_keys`: whose they must be.

    `statements`: the bank's files.
    """

    cut: Cut
    database_url: str | None = None
    sources: Mapping[str, str] | None = None
    bank_url: str | None = None
    statements: Path | None = None
    kept_roots: Sequence[DayRoot] | None = None
    root_keys: Keys | None = None


def _chains(ground: Ground, on_progress: OnProgress) -> Checked:
    total = ground.cut.event_count()
    checked = check_chains(ground.cut, _ends(ground.cut), lambda done: on_progress(done, total))
    if ground.sources is not None and ground.database_url is None:
        return replace(checked, notes=(*checked.notes, OPERATORS_NOT_AT_HAND))
    return checked


def _roots(ground: Ground, on_progress: OnProgress) -> Checked:
    total = ground.cut.event_count()
    return check_roots(ground.cut, ground.kept_roots, ground.root_keys, lambda done: on_progress(done, total))


def _receipts(ground: Ground, on_progress: OnProgress) -> Checked:
    return run_checker("receipts", _RECEIPTS, [str(ground.cut.directory)], on_progress)


def _money(ground: Ground, on_progress: OnProgress) -> Checked:
    total = ground.cut.event_count()
    ends = _ends(ground.cut)
    heads = None if ends is None else {lane: position for lane, (position, _) in ends.items()}
    report = check_history(ground.cut.lines(), heads=heads, progress=lambda done: on_progress(done, total))
    return _of_report(report)


def _bank(ground: Ground, on_progress: OnProgress) -> Checked:
    if PAYOUT not in ground.cut.sources():
        return unchecked("bank", "payout's log is not there")
    try:
        if ground.statements is not None:
            messages = read_statement_files(ground.statements)
        elif ground.bank_url is not None:
            messages = read_mailbox(ground.bank_url)
        else:
            return unchecked("bank", "the bank's messages are not at hand: --statements DIR")
    except BankSilent as error:
        return unchecked("bank", str(error))
    return check_bank(ground.cut, messages)


def _insurers(ground: Ground, on_progress: OnProgress) -> Checked:
    if PAYOUT not in ground.cut.sources():
        return unchecked("insurers", "payout's log is not there")
    return check_insurers(ground.cut)


def _snapshots(ground: Ground, on_progress: OnProgress) -> Checked:
    if ground.database_url is None:
        return unchecked(SNAPSHOTS, "snapshots are in the database, which is not at hand")
    return check_all(ground.database_url, on_progress)


def _projections(ground: Ground, on_progress: OnProgress) -> Checked:
    if ground.database_url is None:
        return unchecked(_PROJECTIONS, "read models are in the database, which is not at hand")
    environment = {
        "HUIJI_DATABASE_URL": ground.database_url,
        "HUIJI_SOURCES": json.dumps(dict(ground.sources or {})),
    }
    done = subprocess.run(
        [sys.executable, "-m", _READ_MODELS, "--all", "--check", "--json"],
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        compared = orjson.loads(done.stdout)
    except orjson.JSONDecodeError:
        return unchecked(_PROJECTIONS, f"exit status {done.returncode}: {done.stderr.strip()[-400:]}")
    return _of_comparison(compared)


CHECKS: Mapping[str, Callable[[Ground, OnProgress], Checked]] = {
    "chains": _chains,
    "roots": _roots,
    "receipts": _receipts,
    "money": _money,
    "bank": _bank,
    "insurers": _insurers,
    _PROJECTIONS: _projections,
    SNAPSHOTS: _snapshots,
}
"""The checks in the order in which they are made: what later ones rest on comes first."""


def verify(ground: Ground, check: str, on_progress: OnProgress) -> Checked:
    """Make one check. A cut that cannot be read is itself a finding of the chains, and leaves others unmade."""
    try:
        return CHECKS[check](ground, on_progress)
    except CutUnreadable as error:
        return unchecked(check, str(error))


def _ends(cut: Cut) -> Ends | None:
    """Where the logs end as the cut's manifest says; None for a directory without one."""
    if not (cut.directory / NAME).exists():
        return None
    return {
        (shard.source, shard.shard): (shard.position, shard.head_hash)
        for shard in read_manifest(cut.directory).shards
    }


def _of_report(report: Report) -> Checked:
    findings = [
        Finding(
            each.rule,
            each.about,
            each.sentence,
            str(each.since) if each.since else None,
            each.since.recorded_at if each.since else None,
        )
        for each in report.violations[:MOST_FINDINGS]
    ]
    counted = {
        "events": report.events,
        "money_events": report.money_events,
        "claims": report.claims,
        "payments": report.payments,
        "checked_fen": report.totals.checked_fen,
    }
    return Checked("money", counted, tuple(findings), report.violation_count)


def _of_comparison(compared: Sequence[Mapping[str, object]]) -> Checked:
    reporter = Reporter(_PROJECTIONS)
    for model in compared:
        reporter.count("read_models")
        reporter.count("events", int(str(model["events"])))
        differences = model["differences"]
        assert isinstance(differences, dict), "as projections' tool prints them"
        for table, (only_live, only_logs) in differences.items():
            sentence = f"{only_live} rows are only in the live table, {only_logs} only follow from the logs"
            reporter.find("read_model_is_log", f"{model['model']}.{table}", sentence, where=f"table {table}")
    return reporter.checked()
