"""The rules as data: wording, parameters, weights and sources; and the score that they make of a claim."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from libs.contracts.event import Model
from libs.contracts.fraud import ScoreReason
from libs.money import format_yuan
from services.fraud.domain.facts import Vocabulary
from services.fraud.domain.features import Features
from services.fraud.domain.predicates import PREDICATES, Predicate

CERTAIN = 1_000

# Evidence travels in events and to reviewers' pages: what narrows down who the person is stays out of it.
_NOT_IN_EVIDENCE = frozenset({"sex", "age_years", "diagnosis_chapter"})


class Wording(Model, extra="forbid"):
    """A sentence in both languages. Evidence may name features and parameters in braces."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Rule(Model, extra="forbid"):
    """One rule. `weight` is what it adds to the score when it fires."""

    id: str
    predicate: Literal[
        "overlapping_stays",
        "split_stay",
        "hanging_bed",
        "short_stay",
        "service_after_death",
        "repeated_invoice",
        "long_prescription",
        "early_high_cost",
        "sex_or_age_conflict",
        "self_funded_drugs",
    ]
    wording: Wording
    evidence: Wording
    weight: int = Field(ge=1, le=CERTAIN)
    parameters: dict[str, Any] = Field(default_factory=dict)
    source: Annotated[str, Field(min_length=1)]

    @cached_property
    def condition(self) -> Predicate:
        """The predicate with this rule's parameters. Raises pydantic's ValidationError when they do not fit."""
        return PREDICATES[self.predicate].model_validate(self.parameters)

    @model_validator(mode="after")
    def _fits_its_predicate(self) -> Self:
        known = set(Features.__struct_fields__) | set(type(self.condition).model_fields)
        known |= {_in_yuan(name) for name in known if name.endswith("_fen")}
        known |= {_in_percent(name) for name in known if name.endswith("_bp")}
        for sentence in (self.evidence.zh, self.evidence.en):
            named = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
            if wrong := sorted((named - known) | (named & _NOT_IN_EVIDENCE)):
                raise ValueError(f"evidence of {self.id} cannot say {', '.join(wrong)}")
        return self

    def reason(self, features: Features) -> ScoreReason:
        """Why the rule fired, filled in with what it saw."""
        values = _sayable({**features.as_json(), **self.condition.model_dump()})
        return ScoreReason(
            rule_id=self.id,
            weight=self.weight,
            evidence_zh=self.evidence.zh.format_map(values),
            evidence_en=self.evidence.en.format_map(values),
        )


@dataclass(frozen=True, slots=True)
class Score:
    """What the rules made of the features. 0 is clean, 1000 is certain."""

    score: int
    outcome: Literal["clear", "review"]
    reasons: tuple[ScoreReason, ...]


class RuleSet(Model, extra="forbid"):
    """A rules file. `digest` is the SHA-256 of its bytes, and every score cites it."""

    id: str
    threshold: int = Field(ge=1, le=CERTAIN, description="from this score on a person looks at the claim")
    vocabulary: Vocabulary
    rules: tuple[Rule, ...] = Field(min_length=1)
    digest: str = Field(default="", exclude=True)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if twice := sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1}):
            raise ValueError(f"rule ids occur twice: {', '.join(twice)}")
        return self

    def score(self, features: Features) -> Score:
        """Weights of the rules that fire, added up to at most 1000; reasons in the order of the file."""
        reasons = tuple(rule.reason(features) for rule in self.rules if rule.condition.fires(features))
        total = min(CERTAIN, sum(reason.weight for reason in reasons))
        return Score(total, "review" if total >= self.threshold else "clear", reasons)


def _sayable(values: Mapping[str, Any]) -> dict[str, Any]:
    said = dict(values)
    for name, value in values.items():
        if name.endswith("_fen") and isinstance(value, int):
            said[_in_yuan(name)] = format_yuan(value)
        if name.endswith("_bp") and isinstance(value, int):
            said[_in_percent(name)] = f"{value // 100}%"
    return said


def _in_yuan(name: str) -> str:
    return f"{name.removesuffix('_fen')}_yuan"


def _in_percent(name: str) -> str:
    return f"{name.removesuffix('_bp')}_percent"
