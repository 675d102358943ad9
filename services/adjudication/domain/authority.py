"""Who may rule alone, who needs a second person, and how long an appeal may take: a table that a city writes."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

YUAN = 100


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Strict):
    """A name in both languages."""

    zh: str
    en: str


class Tier(_Strict):
    """An authority tier; without `up_to_yuan` it has no limit."""

    id: str
    name: Words
    up_to_yuan: int | None = Field(default=None, ge=0)

    @property
    def up_to_fen(self) -> int | None:
        """The largest change of one claim within the tier's authority; None without a limit."""
        return None if self.up_to_yuan is None else self.up_to_yuan * YUAN

    def reaches(self, amount_fen: int) -> bool:
        """Whether a change of this size is within the tier's authority."""
        return self.up_to_fen is None or amount_fen <= self.up_to_fen


class AppealTerms(_Strict):
    """How many days an appeal of each level may take."""

    answer_within_days: tuple[int, ...] = Field(min_length=1)


class Authority(_Strict):
    """The table in force."""

    format: Literal["huiji-authority/1"]
    second_person_above_yuan: int = Field(ge=0)
    tiers: tuple[Tier, ...] = Field(min_length=1)
    appeals: AppealTerms

    def tier(self, tier_id: str) -> Tier | None:
        """The tier of an id; None when the table has no such tier."""
        return next((tier for tier in self.tiers if tier.id == tier_id), None)

    def alone_up_to_fen(self, tier: Tier) -> int:
        """The largest change of one claim that needs no second person."""
        limit_fen = self.second_person_above_yuan * YUAN
        return limit_fen if tier.up_to_fen is None else min(limit_fen, tier.up_to_fen)

    def needs_second(self, tier: Tier, amount_fen: int) -> bool:
        """Whether a ruling that moves a claim by this much needs another person's approval."""
        return amount_fen > self.second_person_above_yuan * YUAN or not tier.reaches(amount_fen)

    def appeal_time(self, level: int) -> timedelta:
        """How long an appeal of the level may take."""
        days = self.appeals.answer_within_days
        return timedelta(days=days[min(level, len(days)) - 1])
