"""Why a command about a person's coverages is refused. No message holds personal data."""

from typing import ClassVar


class EnrolmentError(Exception):
    """A command cannot be carried out. `conflict`: it contradicts what is recorded, rather than itself."""

    code: ClassVar[str] = "enrolment"
    conflict: ClassVar[bool] = True


class CoverageTermsDiffer(EnrolmentError):
    """The same plan and period is recorded with other terms."""

    code = "coverage_terms_differ"

    def __init__(self, coverage_id: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"coverage {coverage_id} is recorded with other terms: {', '.join(fields)}")


class CoverageOverlaps(EnrolmentError):
    """Another coverage of the same plan includes some of the days."""

    code = "coverage_overlaps"

    def __init__(self, coverage_id: str) -> None:
        super().__init__(f"coverage {coverage_id} of the same plan includes some of the days")


class CoverageUnknown(EnrolmentError):
    """The person has no such coverage."""

    code = "coverage_unknown"
    conflict = False

    def __init__(self, coverage_id: str) -> None:
        super().__init__(f"coverage {coverage_id} is not recorded")


class LapseOutsidePeriod(EnrolmentError):
    """A coverage can only lapse within its days."""

    code = "lapse_outside_period"
    conflict = False

    def __init__(self, coverage_id: str) -> None:
        super().__init__(f"the day is not within the days of coverage {coverage_id}")


class AlreadyLapsed(EnrolmentError):
    """The coverage lapsed on another day or for another reason."""

    code = "already_lapsed"

    def __init__(self, coverage_id: str) -> None:
        super().__init__(f"coverage {coverage_id} lapsed already, on another day or for another reason")


class ErasureUnderWay(EnrolmentError):
    """The person was erased and the key is about to be destroyed: what is sealed now would be lost with it."""

    code = "erasure_under_way"

    def __init__(self) -> None:
        super().__init__("the person is being erased; enrol them again when the erasure is complete")


class ConsentTermsDiffer(EnrolmentError):
    """A consent to the same stands, with another last day."""

    code = "consent_terms_differ"

    def __init__(self, consent_id: str) -> None:
        super().__init__(f"consent {consent_id} to the same stands with another last day; revoke it first")


class ConsentUnknown(EnrolmentError):
    """The person has given no such consent."""

    code = "consent_unknown"
    conflict = False

    def __init__(self) -> None:
        super().__init__("the person has given no consent for this purpose to this recipient")
