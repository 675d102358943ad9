"""Policies and consents as enrolment answers them (`POST /access/records`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, Field

from libs.access.visible import Consent, Known
from libs.contracts.access import AccessPolicyAdopted, ConsentGiven, ConsentRevoked

E = TypeVar("E", AccessPolicyAdopted, ConsentGiven, ConsentRevoked)


@dataclass(frozen=True)
class Records:
    """All editions of the policy, and consents by person; each with both times."""

    policies: Sequence[Known[AccessPolicyAdopted]]
    consents: Mapping[str, Sequence[Known[Consent]]]


class _Told(BaseModel, Generic[E]):
    event: E
    known_from: AwareDatetime
    effective_from: AwareDatetime

    def known(self) -> Known[E]:
        return Known(self.event, self.known_from, self.effective_from)


class _Adopted(_Told[AccessPolicyAdopted]):
    type: Literal["AccessPolicyAdopted"]


class _Given(_Told[ConsentGiven]):
    type: Literal["ConsentGiven"]


class _Revoked(_Told[ConsentRevoked]):
    type: Literal["ConsentRevoked"]


class _Answer(BaseModel):
    policies: list[_Adopted]
    consents: dict[str, list[Annotated[_Given | _Revoked, Field(discriminator="type")]]]


def read_records(answer: object) -> Records:
    """The answer as values. Raises pydantic's ValidationError for one of another form."""
    read = _Answer.model_validate(answer)
    return Records(
        [one.known() for one in read.policies],
        {person_id: [one.known() for one in said] for person_id, said in read.consents.items()},
    )
