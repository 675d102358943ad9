"""What a service makes of its own events changes only together with its fold version.

Otherwise a snapshot that the last release has taken passes for this one's, and the two fold on from each other's.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec
import orjson
import pytest

from libs.contracts.story import STORY
from services.adjudication.domain.evolving import FOLD_VERSION as OF_ADJUDICATION
from services.charity.domain.state import FOLD_VERSION as OF_CHARITY
from services.fraud.domain.state import FOLD_VERSION as OF_FRAUD
from services.payout.domain.account import FOLD_VERSION as OF_PAYOUT
from services.payout.domain.ids import payment_id_of
from tests.support.told_states import TELLINGS, untold

STATES_OF_VERSION = {
    ("adjudication", 1): "6448f5e8f8b16668006f7007b38d9fb8d5967208158e56bce0550694bbba07ec",
    ("payout", 1): "b299463f9a648efe280e3b98e70724f19279f85ed125f7f4f7d45b2cd3511ab9",
    ("fraud", 1): "4ef5fe192c80d0496b974f2a29f0f6eba369fe4183f0ce2a2684b94255212247",
    ("charity", 1): "83cadbbd74e3c57cb9c2a99d55206ce72ea57542cd5a076e1c1fde801545bad5",
}
"""By service and fold version, a digest of the states that the samples of its events are folded to, as snapshots keep
them. Another digest is a line of its own here, and a higher version there."""

NOW = {"adjudication": OF_ADJUDICATION, "payout": OF_PAYOUT, "fraud": OF_FRAUD, "charity": OF_CHARITY}


@pytest.mark.parametrize("service", TELLINGS)
def test_states_that_events_are_folded_to_change_only_with_the_fold_version(service: str) -> None:
    assert untold(TELLINGS[service]) == set()
    assert states_of(service) == STATES_OF_VERSION[service, NOW[service]]


def states_of(service: str) -> str:
    digest = hashlib.sha256()
    for kept in TELLINGS[service].kept():
        digest.update(hashlib.sha256(kept).digest())
    return digest.hexdigest()


@pytest.mark.parametrize("service", TELLINGS)
def test_a_kept_state_says_nothing_of_a_person_that_its_events_do_not_say(service: str) -> None:
    """So what is sealed in events is sealed in snapshots, and who cannot read the one cannot read the other."""
    events = TELLINGS[service].events()
    said = b"\n".join(event.body for event in events).decode() + " ".join(TELLINGS[service].order)
    for kept in TELLINGS[service].kept():
        unheard = {text for text in texts(msgspec.msgpack.decode(kept)) if text not in said}
        assert unheard <= OWN_WORDS | {payment_id_of(str(STORY["decision_id"]))}


OWN_WORDS = {"held", "instructed", "cancelled", "settled", "rejected", "returned", "released", "expired"}
"""What became of payments and stays, in the states' words."""


def texts(tree: Any) -> Iterator[str]:
    """Every text in it, those in events' bytes too; of names those that are not fields'."""
    match tree:
        case bytes():
            yield from texts(orjson.loads(tree))
        case str():
            yield tree
        case dict():
            yield from (key for key in tree if isinstance(key, str) and not key.isidentifier())
            for part in tree.values():
                yield from texts(part)
        case list():
            for part in tree:
                yield from texts(part)
