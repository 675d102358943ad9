"""A hospital asks before a stay: the document it would file, with planned days, becomes adjudication's question.

Nothing is recorded here: the request, its answer and what is reserved are adjudication's events. Intake reads the
document, for only it sees whom one is about.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from libs.interop import Submission
from libs.interop.terminology import icd10_chapter
from services.intake.domain.filing import Filing


class Reservations(Protocol):
    """Who reserves. Both raise AdjudicationSilent, after which asking again is safe, and AdjudicationRefused."""

    async def reserve(
        self,
        person_id: str,
        reference: str,
        planned: Submission,
        main_diagnosis_chapter: str | None,
        asked_by: str | None,
    ) -> dict[str, Any]: ...

    async def release(
        self, person_id: str, hospital_id: str, reference: str, reason: str, asked_by: str | None
    ) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Preauthorise:
    """The use case with whom it asks."""

    reservations: Reservations

    async def ask(self, planned: Filing, reference: str) -> dict[str, Any]:
        """The answer: status, amounts, what is reserved and until when."""
        main = planned.submission.main_diagnosis
        chapter = None if main is None else icd10_chapter(main.code)
        asked_by = planned.sending.filed_by
        return await self.reservations.reserve(
            planned.person_id, reference, planned.submission, chapter, asked_by
        )

    async def release(self, planned: Filing, reference: str, reason: str) -> dict[str, Any]:
        """The stay will not be."""
        hospital_id = planned.submission.hospital_id
        asked_by = planned.sending.filed_by
        return await self.reservations.release(planned.person_id, hospital_id, reference, reason, asked_by)
