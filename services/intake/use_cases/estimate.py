"""What would a bill be paid? Adjudication's dry run, asked beside a check here; without its answer the check stands.

Intake asks by HTTP rather than that adjudication reads documents: who a document is about is found with the identity
number, which nobody behind this door sees; and there is one validation of what hospitals send.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from libs.interop import Submission
from services.intake.domain.filing import Asked, Withdrawing

logger = structlog.get_logger(__name__)


class AdjudicationSilent(Exception):
    """Adjudication did not answer in time, or not sensibly."""

    code = "adjudication_silent"


class AdjudicationRefused(Exception):
    """Adjudication answered that the question has no answer; `reason` is its code, `detail` its sentence."""

    code = "adjudication_refused"

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason
        self.detail = detail


class DryRuns(Protocol):
    """Who knows what would be paid. Both raise AdjudicationSilent and AdjudicationRefused.

    `asked_by` is the caller that has proved itself, for the record of who has looked.
    """

    async def dry_run(
        self, person_id: str, claim_id: str, bill: Submission, asked_by: str | None
    ) -> dict[str, Any]: ...

    async def compare(
        self, person_id: str, claim_id: str, made: dict[str, Any], asked_by: str | None
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Estimate:
    """The use case with whom it asks; None where no adjudication is known."""

    dry_runs: DryRuns | None

    async def of(self, asked: Asked) -> dict[str, Any]:
        """`known` with the outcome and the facts it rests on, or why the amount is not known now. Never raises for it.

        Amounts are fen. Of the person's other claims, which may be other hospitals', only how many would move is told.
        """
        if isinstance(asked, Withdrawing):
            return _unknown("nothing_to_pay", "a cancelled settlement is paid nothing")
        if self.dry_runs is None:
            return _unknown("adjudication_not_connected", "this deployment does not say who adjudicates")
        try:
            answer = await self.dry_runs.dry_run(
                asked.person_id, asked.claim_id, asked.submission, asked.sending.filed_by
            )
        except AdjudicationSilent as error:
            logger.warning("estimate_not_known", error=str(error))
            return _unknown("adjudication_silent", "the amount is not known now: ask again later")
        except AdjudicationRefused as refusal:
            return _unknown(refusal.reason, refusal.detail)
        others = [change for change in answer["changes"] if change["claim_id"] != asked.claim_id]
        return {
            "known": True,
            "outcome": answer["outcome"],
            "assumed": answer["assumed"],
            "rests_on": answer["rests_on"],
            "as_of_version": answer["as_of_version"],
            "other_claims_moved": len(others),
        }


def _unknown(because: str, sentence: str) -> dict[str, Any]:
    return {"known": False, "because": because, "sentence": sentence}
