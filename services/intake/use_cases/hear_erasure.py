"""Forget the key of a person who is erased. Intake keeps nothing in clear, so there is nothing else to forget."""

from collections.abc import Sequence
from functools import partial

from libs.contracts import PersonEvent
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.privacy import KeyStore

SUBSCRIPTIONS = {"enrolment": frozenset({"PersonErased", "ErasureCompleted"})}


def hear_erasure(keys: KeyStore) -> Handler:
    """Both events count: between them the key still opens, so it may have been read and kept again."""

    async def handle(work: UnitOfWork, events: Sequence[Recorded]) -> None:
        for recorded in events:
            event = recorded.decode()
            assert isinstance(event, PersonEvent), f"{recorded.type} is not about a person"
            work.after_commit(partial(keys.forget, event.person_id))

    return handle
