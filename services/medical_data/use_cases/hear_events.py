"""A registered claim becomes a look-up that waits; an erased person is not asked about any more."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from libs.contracts.enrolment import ErasureCompleted, PersonErased
from libs.contracts.intake import ClaimRegistered
from libs.eventlog import Handler, Recorded, UnitOfWork
from libs.privacy import KeyStore
from services.medical_data.adapters import lookups
from services.medical_data.domain.patience import Patience

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "enrolment": frozenset({PersonErased.__name__, ErasureCompleted.__name__}),
    "intake": frozenset({ClaimRegistered.__name__}),
}


def hear_events(patience: Patience, keys: KeyStore, wake: Callable[[], None]) -> Handler:
    """The consumer's handler. `wake` is called after a commit that left something to do."""

    async def handle(work: UnitOfWork, recorded: Sequence[Recorded]) -> None:
        registered: list[tuple[Recorded, ClaimRegistered]] = []
        erased: list[str] = []
        for cause in recorded:
            event = cause.decode()
            match event:
                case ClaimRegistered():
                    registered.append((cause, event))
                case PersonErased():
                    erased.append(event.person_id)
                    work.after_commit(partial(keys.forget, event.person_id))
                case ErasureCompleted():
                    # Until now the key still opened, so it may have been read and kept again.
                    work.after_commit(partial(keys.forget, event.person_id))
                case _:
                    raise AssertionError(f"not subscribed to {cause.type}")
        await lookups.add(work.connection, registered, work.now, patience.ends_at(work.now))
        await lookups.mark_erased(work.connection, erased, work.now)
        work.after_commit(wake)

    return handle
