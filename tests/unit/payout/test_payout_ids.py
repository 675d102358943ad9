"""Ids and entries that follow from what they belong to."""

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts import PUBLISHED, Event
from services.payout.adapters.postings import ENTRY_IDS
from services.payout.domain.ids import end_to_end_id_of, payment_id_in, payment_id_of, rest_id_of

PAYMENTS = UUID("0b7c2f1e-6a43-4f0b-9a8e-2d9c5c1f4e77")


@given(st.text(max_size=60))
def test_derived_ids_are_version_five_uuids(name: str) -> None:
    assert payment_id_of(name) == str(uuid5(PAYMENTS, name))
    assert rest_id_of(name) == str(uuid5(PAYMENTS, f"rest/{name}"))
    assert end_to_end_id_of(payment_id_of(name)) == f"HJ{uuid5(PAYMENTS, name).hex.upper()}"


@given(st.text(max_size=60))
def test_a_payment_is_found_by_its_end_to_end_id(name: str) -> None:
    assert payment_id_in(end_to_end_id_of(payment_id_of(name))) == payment_id_of(name)


@pytest.mark.parametrize("strange", ["", "E1", "NOTPROVIDED", f"hj{'0' * 32}", f"HJ{'a' * 32}", "0" * 34])
def test_an_end_to_end_id_that_is_not_of_our_making_has_no_payment(strange: str) -> None:
    assert payment_id_in(strange) is None


@pytest.mark.parametrize("kind", PUBLISHED["payout"], ids=lambda kind: kind.__name__)
def test_every_event_with_postings_has_an_entry_in_the_ledger(kind: type[Event]) -> None:
    assert ("postings" in kind.model_fields) == (kind in ENTRY_IDS)
