"""What can go wrong in fraud, each named as the fact."""

from collections.abc import Sequence
from pathlib import Path


class FraudError(Exception):
    """Base of fraud's errors."""

    code = "fraud_error"


class RulesFileUnusable(FraudError):
    """The rules file cannot be read or contradicts itself."""

    code = "rules_file_unusable"

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        super().__init__(f"rules file {path.name}: {'; '.join(faults)}")


class ReviewUnknown(FraudError):
    """No review has this id."""

    code = "review_unknown"

    def __init__(self, review_id: str) -> None:
        super().__init__(f"there is no review {review_id}")


class ReviewAlreadyConcluded(FraudError):
    """The review was concluded with another verdict: what was decided by it stands until an appeal."""

    code = "review_already_concluded"

    def __init__(self, review_id: str, verdict: str) -> None:
        super().__init__(f"review {review_id} was concluded as {verdict}")
        self.verdict = verdict


class ReviewOutdated(FraudError):
    """The hospital has corrected or withdrawn the claim: what the review was about is not claimed any more."""

    code = "review_outdated"

    def __init__(self, review_id: str) -> None:
        super().__init__(f"review {review_id} is about a content that the hospital has replaced or withdrawn")
