"""What a reader may see of a claim: the policy and the consents that held at a moment, as they were known at another.

Two times, as everywhere: a policy adopted today for last month was in effect last month and was not known then. Whoever
read last month read by what was known; what they should have seen is another question, and both have an answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Self, TypeVar, cast, get_args

from libs.access.facts import Facts
from libs.contracts.access import (
    AccessPolicyAdopted,
    AccessRule,
    ConsentGiven,
    ConsentRevoked,
    Participant,
    Scope,
)
from libs.contracts.city_time import CITY_ZONE

T = TypeVar("T", covariant=True)
Consent = ConsentGiven | ConsentRevoked


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What was said, since when it is known, and since when it holds in the world."""

    said: T
    known_from: datetime
    effective_from: datetime

    def holds(self, at: datetime, known_at: datetime) -> bool:
        """Whether it was known and in effect."""
        return self.known_from <= known_at and self.effective_from <= at


@dataclass(frozen=True, slots=True)
class Reader:
    """A participant by id: a person's pseudonym, a hospital, an insurer, a charity's programme, an authority's desk."""

    participant: Participant
    id: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The reader that `insurer:lead` names. Raises ValueError."""
        kind, _, name = text.partition(":")
        if kind not in get_args(Participant) or not name:
            raise ValueError(
                f"a reader is KIND:ID, of {', '.join(get_args(Participant))}; such as insurer:lead"
            )
        return cls(cast("Participant", kind), name)

    def __str__(self) -> str:
        return f"{self.participant}:{self.id}"


@dataclass(frozen=True, slots=True)
class Sight:
    """The fields of a view that are seen, by which rules of which edition, and with which consents."""

    view: str
    fields: frozenset[str]
    edition: int
    rules: tuple[str, ...]
    consents: tuple[str, ...]


def visible(
    policies: Iterable[Known[AccessPolicyAdopted]],
    consents: Iterable[Known[Consent]],
    facts: Facts,
    reader: Reader,
    at: datetime,
    known_at: datetime,
) -> dict[str, Sight]:
    """What the reader may see of a claim, by view. `consents` are of the person whom the facts name.

    `at`: as things were then; `known_at`: as was known then. `facts` are those of the same moment.
    """
    policy = policy_in_force(policies, at, known_at)
    if policy is None:
        return {}
    agreed = standing(consents, at, known_at)
    views = dict.fromkeys(rule.view for rule in policy.rules if rule.reader == reader.participant)
    found = {view: sight(policy, agreed, facts, reader, view) for view in views}
    return {view: seen for view, seen in found.items() if seen is not None}


def policy_in_force(
    policies: Iterable[Known[AccessPolicyAdopted]], at: datetime, known_at: datetime
) -> AccessPolicyAdopted | None:
    """The newest edition that was known and in effect; None: nobody sees anything."""
    held = [one.said for one in policies if one.holds(at, known_at)]
    return max(held, key=lambda policy: policy.edition, default=None)


def standing(consents: Iterable[Known[Consent]], at: datetime, known_at: datetime) -> list[ConsentGiven]:
    """The consents that were given, had not expired and were not revoked."""
    held = [one.said for one in consents if one.holds(at, known_at)]
    revoked = {one.consent_id for one in held if isinstance(one, ConsentRevoked)}
    day = at.astimezone(CITY_ZONE).date()
    return [
        one
        for one in held
        if isinstance(one, ConsentGiven)
        and one.consent_id not in revoked
        and (one.expires_on is None or day <= one.expires_on)
    ]


def sight(
    policy: AccessPolicyAdopted, agreed: Sequence[ConsentGiven], facts: Facts, reader: Reader, view: str
) -> Sight | None:
    """What of one view; None: nothing. Every rule that applies adds its fields."""
    fields: set[str] = set()
    rules: list[str] = []
    consents: list[str] = []
    for rule in policy.rules:
        if (
            rule.view != view
            or rule.reader != reader.participant
            or not _SCOPES[rule.claims](facts, reader.id)
        ):
            continue
        if rule.consent is not None:
            consent = _consent_for(rule, agreed, reader)
            if consent is None:
                continue
            consents.append(consent.consent_id)
        fields.update(rule.fields)
        rules.append(rule.rule_id)
    if not rules:
        return None
    return Sight(view, frozenset(fields), policy.edition, tuple(rules), tuple(dict.fromkeys(consents)))


def _consent_for(rule: AccessRule, agreed: Sequence[ConsentGiven], reader: Reader) -> ConsentGiven | None:
    recipients = (reader.participant, str(reader))
    found = (one for one in agreed if one.purpose == rule.consent and one.recipient in recipients)
    return next(found, None)


# Which scope is whose is checked when a policy is adopted (`policy_file`): ids of two kinds of readers may be equal.
_SCOPES: Mapping[Scope, Callable[[Facts, str], bool]] = {
    "own": lambda facts, reader: facts.person_id == reader,
    "of_the_hospital": lambda facts, reader: facts.hospital_id == reader,
    "of_its_pool": lambda facts, reader: reader in facts.insurers,
    "referred_to_it": lambda facts, reader: reader in facts.programmes,
    "every": lambda facts, reader: True,
}
