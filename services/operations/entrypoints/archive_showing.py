"""What `huiji archive` prints, for people and as JSON."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from libs.contracts.operations import ArchivingPlanned
from libs.eventlog.archive_check import Checked
from libs.eventlog.archived import DIRECTORY_VARIABLE
from libs.eventlog.bringing_back import Misfit
from services.operations.domain.archiving import Archiving, plan_of
from services.operations.entrypoints.output import console, local, print_json, print_table, warn
from services.operations.use_cases.restore_archived import Restored

_LISTED = (
    "archiving_id",
    "status",
    "before",
    "claims",
    "events",
    "requested_by",
    "approved_by",
    "planned_at",
)
_SPACE = ("segments", "events", "away", "body_bytes", "file_bytes", "table_bytes")


def print_plan(planned: ArchivingPlanned, per_second: int) -> None:
    """What would go, by log, and why claims stay."""
    out = console()
    events, size = sum(planned.events.values()), sum(planned.body_bytes.values())
    seconds = round(events / per_second + 0.5)
    out.print(
        f"{planned.claims} claims, {events} events, {size:,} bytes of bodies to {planned.directory},"
        f" about {seconds} s",
        soft_wrap=True,
    )
    rows = [(log, count, planned.body_bytes[log]) for log, count in planned.events.items()]
    print_table(("log", "events", "bytes"), rows, right=("events", "bytes"))
    if planned.stay:
        print_table(("stays because of", "claims"), list(planned.stay.items()), right=("claims",))
    out.print(
        f"Somebody else has to approve it: huiji archive approve {planned.archiving_id}", soft_wrap=True
    )


def print_archivings(archivings: Mapping[str, Archiving], *, as_json: bool) -> None:
    """What was planned, and how far it is."""
    rows = [_row(archiving_id, each) for archiving_id, each in archivings.items()]
    if as_json:
        print_json(rows)
        return
    times = {"before", "planned_at"}
    print_table(
        _LISTED,
        [[local(row[name]) if name in times else row[name] for name in _LISTED] for row in rows],
        right=("claims", "events"),
    )


def print_restored(restored: Restored, *, as_json: bool) -> None:
    """What came back, and what did not."""
    if as_json:
        misfits = [asdict(each) for each in restored.misfits]
        print_json(restored.told.model_dump(mode="json") | {"misfits": misfits})
        return
    events = ", ".join(f"{count} of {log}" for log, count in restored.told.events.items())
    console().print(f"Back in their logs: {events or 'nothing'}.")
    _print_misfits(restored.misfits)


def print_check(found: Mapping[str, Checked], *, as_json: bool) -> None:
    """What the archive has of each log, and what it has not as it was."""
    if as_json:
        print_json({log: asdict(one) | {"whole": one.whole} for log, one in found.items()})
        return
    rows = [
        (log, one.segments, one.copies, one.events, len(one.misfits), "whole" if one.whole else "DAMAGED")
        for log, one in found.items()
        if one.segments or not one.whole
    ]
    right = ("segments", "second copies", "events", "lost")
    print_table(("log", *right, "archive"), rows, right=right)
    for one in found.values():
        for fault in one.faults:
            console().print(fault, soft_wrap=True)
        for stranger in one.strangers:
            console().print(
                f"{stranger}: no log names it (of a run that was killed); it may be deleted", soft_wrap=True
            )
        _print_misfits(one.misfits)


def print_space(space: Mapping[str, Mapping[str, int]], *, as_json: bool) -> None:
    """`events` were written; `away`: have their body there now, and not in the table."""
    if as_json:
        print_json(space)
        return
    rows = [(log, *(one[name] for name in _SPACE)) for log, one in space.items() if one["table_bytes"]]
    print_table(("log", *_SPACE), rows, right=_SPACE)


def say_where(directory: str) -> None:
    """Before anything is written: files go where this process sees the archive, and are noted as the plan has it."""
    here = os.environ.get(DIRECTORY_VARIABLE)
    if here and Path(here).absolute() != Path(directory):
        warn(
            f"files go to {here}\n(${DIRECTORY_VARIABLE}) and are noted as in\n"
            f"{directory} (the plan): both have to be the same place"
        )


def _print_misfits(misfits: tuple[Misfit, ...]) -> None:
    """What is hit, by claim and shard, under why: a damaged block hits many for one long reason."""
    hit: dict[str, dict[tuple[str, str, int], list[int]]] = {}
    for each in misfits:
        place = (each.source, each.subject, each.shard)
        hit.setdefault(each.why, {}).setdefault(place, []).append(each.position)
    for why, places in hit.items():
        console().print(why, soft_wrap=True)
        rows = [(*place, ", ".join(map(str, sorted(positions)))) for place, positions in places.items()]
        print_table(("log", "hit", "shard", "positions"), rows, right=("shard",))


def _row(archiving_id: str, archiving: Archiving) -> dict[str, Any]:
    planned = plan_of(archiving, archiving_id)
    return {
        "archiving_id": archiving_id,
        "status": archiving.status,
        "before": planned.before.isoformat(timespec="seconds"),
        "claims": planned.claims,
        "events": sum(planned.events.values()),
        "requested_by": planned.requested_by,
        "approved_by": archiving.approved_by,
        "planned_at": planned.planned_at.isoformat(timespec="seconds"),
    }
