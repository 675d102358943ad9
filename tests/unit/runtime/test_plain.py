"""States as JSON for people."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from uuid import UUID

import orjson
import pytest

from libs.contracts.payout import PaymentInstructed
from libs.contracts.sampling import sample_of
from libs.runtime.plain import SEALED, plain


@dataclass(frozen=True, slots=True)
class _State:
    by_year: object
    names: frozenset[str]
    day: date


def test_a_state_becomes_json_with_keys_and_sets_in_words() -> None:
    state = _State(MappingProxyType({("plan", 2026): (1, 2)}), frozenset({"b", "a"}), date(2026, 1, 2))
    assert plain(state) == {"by_year": {"plan/2026": [1, 2]}, "names": ["a", "b"], "day": "2026-01-02"}
    assert orjson.dumps(plain(state))


def test_a_seal_is_named_and_not_shown() -> None:
    event = sample_of(PaymentInstructed)
    shown = plain(event)
    assert shown["creditor"] == SEALED
    assert shown["amount_fen"] == 600_000


def test_documents_kept_as_bytes_are_read_and_their_seals_hidden() -> None:
    seal = "s1." + "0" * 32 + ".abc"
    assert plain(orjson.dumps({"a": [seal]})) == {"a": [SEALED]}
    assert plain(b"\xff\x00") == "ff00"


def test_moments_and_ids_are_text() -> None:
    assert plain([datetime(2026, 1, 2, tzinfo=UTC), UUID(int=1), None, True]) == [
        "2026-01-02T00:00:00+00:00", "00000000-0000-0000-0000-000000000001", None, True,
    ]  # fmt: skip


def test_what_has_no_form_is_an_error_and_not_a_repr() -> None:
    with pytest.raises(TypeError, match="object has no plain form"):
        plain(object())
