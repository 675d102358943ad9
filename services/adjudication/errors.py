"""What a person asks of a claim and cannot have, each named as the fact."""


class AdjudicationError(Exception):
    """The base of adjudication's refusals; `code` is for machines."""

    code = "adjudication_error"


class ClaimUnknown(AdjudicationError):
    """The person has no such claim, or it is withdrawn."""

    code = "claim_unknown"


class RulingUnknown(AdjudicationError):
    """No ruling of this id is waiting."""

    code = "ruling_unknown"


class RulingTaken(AdjudicationError):
    """Another ruling has this id."""

    code = "ruling_id_taken"


class DifferenceUnknown(AdjudicationError):
    """The claim has no such difference to the insurance centre's amounts, or it has ended."""

    code = "difference_unknown"


class TierUnknown(AdjudicationError):
    """The authority table in force has no such tier."""

    code = "tier_unknown"


class SecondPersonNeeded(AdjudicationError):
    """Who proposed a ruling cannot be the second person who approves it."""

    code = "second_person_needed"


class AuthorityExceeded(AdjudicationError):
    """The ruling moves more than this tier may approve."""

    code = "authority_exceeded"


class AppealUnknown(AdjudicationError):
    """No appeal of this id is open."""

    code = "appeal_unknown"


class AppealTaken(AdjudicationError):
    """Another appeal has this id."""

    code = "appeal_id_taken"


class NothingToAppeal(AdjudicationError):
    """The claim has no decision that stands."""

    code = "nothing_to_appeal"


class AppealOpen(AdjudicationError):
    """The claim has an open appeal: its evidence belongs to that one."""

    code = "appeal_open"


class UpheldWithoutRuling(AdjudicationError):
    """An appeal is upheld by a ruling that was made for it and approved."""

    code = "upheld_without_ruling"


class PreauthorisationTaken(AdjudicationError):
    """The hospital has asked for another stay under this reference."""

    code = "preauthorisation_reference_taken"


class PreauthorisationUnknown(AdjudicationError):
    """The person has no such request."""

    code = "preauthorisation_unknown"


class PlannedInThePast(AdjudicationError):
    """A stay whose planned discharge is past cannot be asked for any more."""

    code = "planned_in_the_past"


class PlannedTooFar(AdjudicationError):
    """A stay that is planned for so late a day would reserve limits of years that nobody has settled terms for."""

    code = "planned_too_far"


class TooManyPlanned(AdjudicationError):
    """The hospital has as many open requests about the person as it may."""

    code = "too_many_planned"


class OwnRuling(AdjudicationError):
    """Who ruled on a claim cannot answer the appeal against it."""

    code = "own_ruling"
