"""What a claim has to do with whom: the facts that a policy's scopes ask for, from the claim's own events."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from libs.contracts import adjudication, charity, intake, latest_version
from libs.contracts.views import View, Views


@dataclass(frozen=True, slots=True)
class Facts:
    """Whose claim it is, where the patient was treated, who takes part in paying, to whom it stands referred.

    An insurer that took part in a decision keeps to do with the claim when the decision is reversed: its own statement
    shows the reversal. A referral that is withdrawn is over.
    """

    person_id: str | None = None
    hospital_id: str | None = None
    insurers: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()


class _TreatedAt(View, frozen=True):
    hospital_id: str


class _Filed(View, frozen=True):
    person_id: str
    visit: _TreatedAt


class _Corrected(_Filed, frozen=True):
    pass


class _Share(View, frozen=True):
    insurer: str


class _Adjudicated(View, frozen=True):
    pool_shares: tuple[_Share, ...] = ()


class _Referred(View, frozen=True):
    referral_id: str
    programme_id: str


class _ReferralWithdrawn(View, frozen=True):
    referral_id: str


TOLD: Final = Views(
    {
        intake.ClaimRegistered: _Filed,
        intake.ClaimCorrected: _Corrected,
        adjudication.ClaimAdjudicated: _Adjudicated,
        charity.ReferralMade: _Referred,
        charity.ReferralWithdrawn: _ReferralWithdrawn,
    }
)
_TYPES: Final = frozenset(kind.__name__ for kind in TOLD.by_contract)


def facts_of(events: Iterable[tuple[str, bytes]]) -> Facts:
    """The facts of one claim from its events as (type, body in its newest shape), each service's in order.

    Events that say nothing here are passed over. Seals may be blanked: nothing that is sealed is looked at.
    """
    facts = Facts()
    referred: dict[str, str] = {}
    for type_name, body in events:
        if type_name not in _TYPES:
            continue
        match TOLD.decode(type_name, latest_version(type_name), body):
            case _Filed() as filed:
                facts = replace(facts, person_id=filed.person_id, hospital_id=filed.visit.hospital_id)
            case _Adjudicated() as decided:
                facts = replace(
                    facts, insurers=facts.insurers | {each.insurer for each in decided.pool_shares}
                )
            case _Referred() as made:
                referred[made.referral_id] = made.programme_id
            case _ReferralWithdrawn() as over:
                referred.pop(over.referral_id, None)
    return replace(facts, programmes=frozenset(referred.values()))
