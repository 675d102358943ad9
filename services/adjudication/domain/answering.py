"""A member of staff answers a difference to the insurance centre: it may stay, or the centre is to correct it."""

from libs.contracts.one_stop import OneStopDifferenceAnswered
from services.adjudication.domain.commands import AnswerDifference
from services.adjudication.domain.state import Person
from services.adjudication.errors import DifferenceUnknown


def answer_difference(person: Person, command: AnswerDifference) -> list[OneStopDifferenceAnswered]:
    """The answer; nothing when it was given before. A later answer takes the place of an earlier one.

    No amount moves: what the centre corrects comes as a correction of the claim. Raises DifferenceUnknown.
    """
    claim = person.claim(command.claim_id)
    known = claim.difference
    if known is None or known.difference_id != command.difference_id:
        raise DifferenceUnknown(f"claim {command.claim_id} has no difference {command.difference_id} now")
    answered = claim.difference_answer
    if answered is not None and (answered.outcome, answered.reason) == (command.outcome, command.reason):
        return []
    return [
        OneStopDifferenceAnswered(
            person_id=person.person_id,
            claim_id=command.claim_id,
            difference_id=command.difference_id,
            outcome=command.outcome,
            reason=command.reason,
            answered_by=command.by,
            answered_at=command.now,
        )
    ]
