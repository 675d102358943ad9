"""What hospitals put right after the discharge: a charge that was never given is taken off, a settlement is undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from libs.interop.submission import Submission
from libs.money import BASIS_POINTS
from libs.synthetic.settling import Buckets, settle


@dataclass(frozen=True, slots=True)
class Changes:
    """New contents of some settlements, and others that are undone."""

    corrected: tuple[Submission, ...]
    cancelled: tuple[Submission, ...]


def changes_of(seed: int, submissions: Sequence[Submission], correct_bp: int, cancel_bp: int) -> Changes:
    """Changes of so many basis points of the settlements, none of both kinds; the same for the same arguments.

    The shares are the caller's; no published figure was found for either.
    """
    rng = Random(f"{seed}/changes")
    corrected: list[Submission] = []
    cancelled: list[Submission] = []
    for submission in submissions:
        drawn = rng.randrange(BASIS_POINTS)
        if drawn < cancel_bp:
            cancelled.append(submission)
        elif drawn < cancel_bp + correct_bp and len(submission.lines) > 1:
            corrected.append(without_last_line(submission))
    return Changes(tuple(corrected), tuple(cancelled))


def without_last_line(submission: Submission) -> Submission:
    """The settlement once its last charge is refunded: the centre settles what is left anew."""
    lines, before, visit = submission.lines[:-1], submission.settlement, submission.visit
    buckets = Buckets(
        self_funded_fen=sum(line.self_funded_fen for line in lines),
        over_limit_fen=sum(line.over_limit_fen for line in lines),
        first_pay_fen=sum(line.first_pay_fen for line in lines),
        in_scope_fen=sum(line.in_scope_fen for line in lines),
    )
    settlement = settle(
        buckets,
        visit.scheme,
        visit.place,
        visit.hospital_grade,
        before.assistance_fen > 0,
        before.personal_account_fen,
    )
    return submission.model_copy(update={"lines": lines, "settlement": settlement})
