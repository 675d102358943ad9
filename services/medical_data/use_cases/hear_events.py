"""A registered or corrected claim becomes a look-up that waits; of withdrawn claims and the erased nobody is asked."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from libs.contracts.enrolment import ErasureCompleted, PersonErased
from libs.contracts.intake import ClaimCorrected, ClaimRegistered, ClaimWithdrawn
from libs.eventlog import Handler, Recorded, States, UnitOfWork
from libs.privacy import KeyStore
from services.medical_data.adapters import lookups
from services.medical_data.domain.attaching import Claim
from services.medical_data.domain.heard import VIEWS, Filed, HeardCorrection, HeardSettlement
from services.medical_data.domain.patience import Patience

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    "enrolment": frozenset({PersonErased.__name__, ErasureCompleted.__name__}),
    "intake": frozenset({ClaimRegistered.__name__, ClaimCorrected.__name__, ClaimWithdrawn.__name__}),
}


def hear_events(
    states: States[Claim], patience: Patience, keys: KeyStore, wake: Callable[[], None]
) -> Handler:
    """The consumer's handler. `wake` is called after a commit that left something to do."""

    async def handle(work: UnitOfWork, recorded: Sequence[Recorded]) -> None:
        filed: dict[str, tuple[Recorded, Filed]] = {}
        withdrawn: list[str] = []
        erased: list[str] = []
        for cause in recorded:
            event = VIEWS.read(cause.type, cause.schema_version, cause.body)
            match event:
                case HeardSettlement() | HeardCorrection():
                    filed[event.claim_id] = (cause, event)
                case ClaimWithdrawn():
                    filed.pop(event.claim_id, None)
                    withdrawn.append(event.claim_id)
                case PersonErased():
                    erased.append(event.person_id)
                    work.after_commit(partial(keys.forget, event.person_id))
                case ErasureCompleted():
                    # Until now the key still opened, so it may have been read and kept again.
                    work.after_commit(partial(keys.forget, event.person_id))
                case _:
                    raise AssertionError(f"not subscribed to {cause.type}")
        unanswered = await _unanswered(work, states, list(filed.values()))
        await lookups.add(work.connection, unanswered, work.now, patience.ends_at(work.now))
        await lookups.remove(work.connection, withdrawn)
        await lookups.mark_erased(work.connection, erased, work.now)
        work.after_commit(wake)

    return handle


async def _unanswered(
    work: UnitOfWork, states: States[Claim], filed: Sequence[tuple[Recorded, Filed]]
) -> list[tuple[Recorded, Filed]]:
    """A revision that was answered is not asked for again, however often it is announced."""
    claims = await states.load(work.connection, [f"claim-{event.claim_id}" for _, event in filed])
    return [
        (cause, event)
        for cause, event in filed
        if not claims[f"claim-{event.claim_id}"].state.answered(event.revision)
    ]
