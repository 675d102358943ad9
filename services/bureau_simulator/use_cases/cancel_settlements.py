"""A hospital has undone settlements at the insurance centre (2305): they are in nobody's records any more."""

from collections.abc import Sequence

from libs.interop.bureau import MAX_QUERIES, SettlementQuery
from services.bureau_simulator.domain.errors import TooMany
from services.bureau_simulator.domain.records import Records


def cancel_settlements(records: Records, cancelled: Sequence[SettlementQuery]) -> int:
    """Forget the deposits. Returns how many there were. Raises TooMany."""
    if len(cancelled) > MAX_QUERIES:
        raise TooMany(len(cancelled), MAX_QUERIES)
    return sum(records.undo(one.certno, one.setl_id) for one in cancelled)
