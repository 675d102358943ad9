"""Insurers = decisions: every insurer's stream recomputes, and its parts are those that adjudication has recorded.

A part that payout has not told yet is counted, not found: the cut may have been taken between the two.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from libs.contracts.adjudication import AdjudicationReversed, ClaimAdjudicated
from libs.contracts.insurers import InsurerPartBorne, InsurerPartReleased
from libs.eventlog.event import Recorded
from libs.proof.cut import Cut
from libs.proof.insurer_stream import InsurerCheck
from libs.proof.report import Checked, Reporter

_STREAMS = "insurer-"
_SHARED = b'"pool_shares":[{'

Part = tuple[str, str, str]
"""Decision, insurer, and what is said of it: borne or released."""


def check_insurers(cut: Cut) -> Checked:
    """Walk the insurers' streams of the cut and compare them with the decisions of its adjudication log."""
    reporter = Reporter("insurers")
    due = _due(cut)
    walks: dict[str, InsurerCheck] = {}
    for recorded in cut.events("payout"):
        if recorded.stream_id.startswith(_STREAMS):
            check = walks.setdefault(recorded.stream_id, InsurerCheck())
            _take(reporter, check, recorded, due)
    reporter.count("insurers", len(walks))
    reporter.count("not_told_yet", sum(1 for amount_fen in due.values() if amount_fen))
    return reporter.checked()


def _due(cut: Cut) -> dict[Part, int]:
    """What every insurer is to be told, in fen."""
    due: dict[Part, int] = {}
    kinds = {ClaimAdjudicated.__name__: "borne", AdjudicationReversed.__name__: "released"}
    for recorded in cut.events("adjudication"):
        kind = kinds.get(recorded.type)
        if kind is None or _SHARED not in recorded.body:
            continue
        body: Mapping[str, Any] = orjson.loads(recorded.body)
        for share in body["pool_shares"]:
            due[body["decision_id"], share["insurer"], kind] = share["amount_fen"]
    return due


def _take(reporter: Reporter, check: InsurerCheck, recorded: Recorded, due: dict[Part, int]) -> None:
    event = recorded.decode()
    place = f"{recorded.source}/{recorded.shard}/{recorded.position} {recorded.type}"
    since = recorded.recorded_at.isoformat(timespec="microseconds")
    reporter.count("events")
    for fault in check.walk([event]):
        reporter.find(fault.rule, recorded.stream_id, fault.detail, where=place, since=since)
    if isinstance(event, InsurerPartBorne | InsurerPartReleased):
        reporter.count("parts")
        kind = "borne" if isinstance(event, InsurerPartBorne) else "released"
        decided_fen = due.pop((event.decision_id, event.insurer, kind), None)
        if decided_fen != event.part_fen:
            sentence = f"decision {event.decision_id}: {decided_fen} fen decided, {event.part_fen} fen told"
            reporter.find("part_is_decided", recorded.stream_id, sentence, where=place, since=since)
