"""A supplementary plan asks for the bureau's records of the settlements it has received."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from libs.interop.bureau import MAX_QUERIES, Deposit, SettlementAnswer, SettlementQuery, StayRecord
from services.bureau_simulator.domain.errors import TooMany
from services.bureau_simulator.domain.misbehaviour import Misbehaviour
from services.bureau_simulator.domain.person_facts import PersonFacts, facts_of, is_cycle
from services.bureau_simulator.domain.records import Records

# The centre books a settlement on the evening of the discharge: 18:00 in Shanghai.
_BOOKED = timedelta(hours=10)
_MAX_PRIOR_STAYS = 20
_STAYS = ("2", "52", "3101")


def look_up_settlements(
    records: Records, misbehaviour: Misbehaviour, seed: int, queries: Sequence[SettlementQuery]
) -> tuple[SettlementAnswer, ...]:
    """An answer to each query, in order. Raises TooMany."""
    if len(queries) > MAX_QUERIES:
        raise TooMany(len(queries), MAX_QUERIES)
    return tuple(_answer(records, misbehaviour, seed, query) for query in queries)


def _answer(
    records: Records, misbehaviour: Misbehaviour, seed: int, query: SettlementQuery
) -> SettlementAnswer:
    facts = facts_of(seed, query.certno)
    deposit = records.find(query.certno, query.setl_id)
    if deposit is None:
        return SettlementAnswer(
            setl_id=query.setl_id,
            found=False,
            chronic_benefit_since=facts.chronic_since,
            chronic_diag_code=facts.chronic_code,
        )
    own = records.of_person(query.certno)
    return SettlementAnswer(
        setl_id=query.setl_id,
        found=True,
        as_of=datetime.combine(deposit.enddate, time(), UTC) + _BOOKED,
        medfee_sumamt=misbehaviour.amount_shown(deposit.medfee_sumamt, seed, deposit.setl_id),
        fund_pay_sumamt=deposit.fund_pay_sumamt,
        chronic_benefit_since=facts.chronic_since,
        chronic_diag_code=facts.chronic_code,
        cyclic_treatment=is_cycle(seed, query.certno, deposit.diag_code),
        deceased_on=min((one.deceased_on for one in own if one.deceased_on is not None), default=None),
        prior_stays=_prior_stays(deposit, own, facts),
    )


def _prior_stays(deposit: Deposit, own: Sequence[Deposit], facts: PersonFacts) -> tuple[StayRecord, ...]:
    """Stays that began before the settlement's, the newest last; overlapping ones are among them."""
    category = _category(deposit)
    earlier = [
        StayRecord(one.fixmedins_code, one.begndate, one.enddate, related=_category(one) == category)
        for one in own
        if one.setl_id != deposit.setl_id
        and one.med_type.startswith(_STAYS)
        and (one.begndate, one.setl_id) < (deposit.begndate, deposit.setl_id)
    ]
    history = [facts.earlier_stay] if facts.earlier_stay is not None else []
    return tuple((history + earlier)[-_MAX_PRIOR_STAYS:])


def _category(deposit: Deposit) -> str | None:
    return deposit.diag_code[:3] if deposit.diag_code else None
