"""A view says of an event what its contract says, of what it names; and what cannot be read is said as ever."""

import msgspec
import orjson
import pytest

from libs.access.facts import TOLD as OF_ACCESS
from libs.contracts import Event, EventUnreadable, adjudication, decode, encode, rulings
from libs.contracts.registry import EventTooNew
from libs.contracts.sampling import sample_of
from libs.contracts.settlement import Visit
from libs.contracts.views import View, Views
from services.adjudication.domain.noted import VIEWS as NOTED
from services.charity.domain.heard import VIEWS as OF_CHARITY
from services.fraud.domain.heard import VIEWS as OF_FRAUD
from services.fraud.domain.heard import HeardVisit
from services.medical_data.domain.heard import VIEWS as OF_MEDICAL_DATA
from services.payout.domain.heard import VIEWS as OF_PAYOUT
from services.projections.claims.heard import HEARD

EVERY_VIEW = [
    pytest.param(kind, view, id=f"{view.__module__.split('.')[1]}-{kind.__name__}")
    for views in (HEARD, OF_ACCESS, NOTED, OF_CHARITY, OF_FRAUD, OF_MEDICAL_DATA, OF_PAYOUT)
    for kind, view in views.by_contract.items()
]


def assert_says_the_same(seen: object, said: object) -> None:
    """Whatever the view names, as deep as it goes."""
    if isinstance(seen, View):
        for name in seen.__struct_fields__:
            assert_says_the_same(getattr(seen, name), getattr(said, name))
    elif isinstance(seen, tuple):
        assert isinstance(said, tuple) and len(seen) == len(said)
        for one, other in zip(seen, said, strict=True):
            assert_says_the_same(one, other)
    else:
        assert seen == said


@pytest.mark.parametrize(("kind", "view"), EVERY_VIEW)
def test_a_view_sees_what_the_contract_says(kind: type[Event], view: type[View]) -> None:
    whole = sample_of(kind)
    body = encode(whole)
    assert_says_the_same(Views({kind: view}).decode(kind.__name__, kind.schema_version, body), whole)


@pytest.mark.parametrize(("kind", "view"), EVERY_VIEW)
def test_what_a_writer_left_out_a_view_takes_as_the_contract_does(
    kind: type[Event], view: type[View]
) -> None:
    optional = {name for name, field in kind.model_fields.items() if not field.is_required()}
    # Optional for other rulings, and asked for by the outcome of the sample.
    optional -= {"facts"} if kind is rulings.RulingProposed else set()
    told = orjson.loads(encode(sample_of(kind)))
    body = orjson.dumps({name: value for name, value in told.items() if name not in optional})
    whole = decode(kind.__name__, kind.schema_version, body)
    assert_says_the_same(Views({kind: view}).decode(kind.__name__, kind.schema_version, body), whole)


class _Denied(View, frozen=True):
    reason: str


_DENIALS = Views({adjudication.ClaimDenied: _Denied})


def test_an_older_version_is_brought_up_before_it_is_viewed_and_a_newer_one_refused() -> None:
    body = encode(sample_of(adjudication.ClaimDenied))
    assert _DENIALS.decode("ClaimDenied", 1, body) == _DENIALS.decode("ClaimDenied", 2, body)
    with pytest.raises(EventTooNew):
        _DENIALS.decode("ClaimDenied", 3, body)


@pytest.mark.parametrize("body", [b'{"reason": 7, "note": "confidential"}', b'{"reason": "confid', b"[]"])
def test_what_a_view_cannot_read_the_contract_explains_without_its_values(body: bytes) -> None:
    with pytest.raises(EventUnreadable) as refused:
        _DENIALS.decode("ClaimDenied", 2, body)
    assert "confid" not in str(refused.value)


def test_a_view_that_asks_for_more_than_its_contract_has_is_a_programmers_error() -> None:
    class More(View, frozen=True):
        colour: str

    body = encode(sample_of(adjudication.ClaimDenied))
    with pytest.raises(msgspec.ValidationError):
        Views({adjudication.ClaimDenied: More}).decode("ClaimDenied", 2, body)


def test_a_visit_that_is_kept_whole_is_seen_whole() -> None:
    assert set(HeardVisit.__struct_fields__) == set(Visit.model_fields)
