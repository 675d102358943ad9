"""Which faults are tried again, and which mean that the event itself is bad."""

import asyncpg
import orjson
import pytest
from asyncpg.exceptions import _base
from msgspec.structs import replace

from libs.contracts import EventTooNew, UnknownEventType
from libs.eventlog import ConcurrencyConflict, SourceUnreachable, TooManyParked, is_operational
from libs.eventlog.errors import (
    ArchiveAway,
    ArchiveDamaged,
    CheckpointMoved,
    PositionNotServed,
    SourceWentBack,
)
from libs.eventlog.parking import LONGEST_ERROR, Poison
from tests.unit.conservation.histories import ClaimFigures, a_history


@pytest.mark.parametrize(
    "error",
    [
        ConcurrencyConflict("x"),
        CheckpointMoved("intake", 1, 3, 7),
        SourceUnreachable("intake", "down"),
        ArchiveAway("/srv/huiji/archive", "No such file or directory"),
        PositionNotServed("intake", 1, 7),
        ConnectionResetError(),
        TimeoutError(),
        asyncpg.DeadlockDetectedError(),
        asyncpg.SerializationError(),
        asyncpg.TooManyConnectionsError(),
        asyncpg.AdminShutdownError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress"),
        asyncpg.UndefinedTableError(),
        asyncpg.ReadOnlySQLTransactionError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_trying_again_may_help(error: Exception) -> None:
    assert is_operational(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("bad"),
        ArchiveDamaged("a.segment", 1, 9, "its digest does not fit"),
        KeyError("x"),
        UnknownEventType("Nope"),
        EventTooNew("Ticked", 3, 1),
        TooManyParked(3, 4),
        SourceWentBack("intake", 1, 9, 3),
        asyncpg.NumericValueOutOfRangeError(),
        # A value that does not fit its column: asyncpg calls it an InterfaceError, yet it never gets better.
        _base.DataError("value out of int32 range"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_trying_again_never_helps(error: Exception) -> None:
    assert not is_operational(error)


def test_only_errors_of_ours_keep_their_text() -> None:
    assert Poison.of(UnknownEventType("Nope")) == Poison(
        "unknown_event_type", "no published event is called 'Nope'"
    )
    assert Poison.of(ValueError("王小明")) == Poison("ValueError", "builtins.ValueError")


def test_what_does_not_fit_its_contract_is_unreadable_whoever_trips_over_it() -> None:
    (event,) = (
        one for one in a_history([ClaimFigures(ending="waiting")]).events if one.type == "ClaimRegistered"
    )
    body = orjson.loads(event.body)
    body["visit"]["kind"] = "nobody_knows"
    tripped = ValueError("a part of it, later")
    poison = Poison.in_event(replace(event, body=orjson.dumps(body)), tripped)
    assert (poison.reason, "visit.kind: literal_error" in poison.error) == ("event_unreadable", True)
    assert "nobody_knows" not in poison.error
    assert Poison.in_event(event, tripped) == Poison.of(tripped)


def test_a_text_that_the_database_would_refuse_is_cut_to_fit() -> None:
    poison = Poison.of(UnknownEventType("\0" + "x" * 10_000))
    assert "\0" not in poison.error
    assert len(poison.error) == LONGEST_ERROR
