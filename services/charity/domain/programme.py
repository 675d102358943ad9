"""A programme's terms as data."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from libs.contracts.event import Fen, Model
from libs.money import BASIS_POINTS, apply_rate

Text = Annotated[str, Field(min_length=1)]


class Name(Model, extra="forbid"):
    """A name in both languages."""

    zh: Text
    en: Text


class Source(Model, extra="forbid"):
    """Where terms come from: a published text, or an assumption of ours that an operator has to replace."""

    kind: Literal["published", "assumption"]
    text: Text


class Programme(Model, extra="forbid"):
    """A charity programme. Amounts are per person and calendar year.

    Of the burden above `threshold_fen` the programme may take `share_bp`, up to `cap_fen`; aid below
    `smallest_aid_fen` is not worth a referral yet and waits for more. `groups` empty: open to everyone.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    name: Name
    order: int = Field(
        ge=1, description="who is asked first; what one programme takes, the next does not see"
    )
    valid_from: date
    valid_to: date | None = Field(default=None, description="last day, inclusive")
    threshold_fen: Fen
    share_bp: int = Field(ge=1, le=BASIS_POINTS)
    cap_fen: int = Field(ge=1)
    smallest_aid_fen: Fen = 0
    groups: tuple[Text, ...] = ()
    source: Source
    digest: str = Field(default="", exclude=True)

    def admits(self, groups: frozenset[str], day: date) -> bool:
        """Whether a person of these groups may be referred for a service on `day`."""
        if day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        return not self.groups or not groups.isdisjoint(self.groups)

    def aid_for(self, need_fen: int) -> int:
        """What the programme's terms give for a year's need that no other programme was asked to take, in fen."""
        above = max(0, need_fen - self.threshold_fen)
        return min(self.cap_fen, apply_rate(above, self.share_bp, "down"))
