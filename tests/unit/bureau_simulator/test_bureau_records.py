from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from libs.interop.bureau import Deposit, SettlementAnswer, SettlementQuery, to_deposit
from libs.testing.submissions import a_submission, an_identity_number
from services.bureau_simulator.domain.errors import DepositInvalid, TooMany
from services.bureau_simulator.domain.misbehaviour import Misbehaviour
from services.bureau_simulator.domain.person_facts import facts_of, is_cycle
from services.bureau_simulator.domain.records import Records
from services.bureau_simulator.use_cases.deposit_settlements import deposit_settlements
from services.bureau_simulator.use_cases.look_up_settlements import look_up_settlements

HEALTHY = Misbehaviour()
SEED = 1


def a_deposit(setl_id: str = "S1", **changes: Any) -> Deposit:
    return msgspec.structs.replace(to_deposit(a_submission()), setl_id=setl_id, **changes)


def asked(
    records: Records, *queries: SettlementQuery, how: Misbehaviour = HEALTHY
) -> tuple[SettlementAnswer, ...]:
    return look_up_settlements(records, how, SEED, queries)


def query(setl_id: str = "S1") -> SettlementQuery:
    return SettlementQuery(setl_id, an_identity_number())


def records(*deposits: Deposit) -> Records:
    kept = Records(capacity=100)
    deposit_settlements(kept, deposits)
    return kept


def test_a_deposited_settlement_is_answered_with_its_amounts_and_the_evening_it_was_booked() -> None:
    (answer,) = asked(records(a_deposit()), query())
    assert (answer.found, answer.medfee_sumamt, answer.fund_pay_sumamt) == (True, "1500.00", "600.00")
    assert answer.as_of == datetime(2022, 3, 10, 10, tzinfo=UTC)
    assert answer.deceased_on is None


def test_answers_come_in_the_order_of_the_queries_and_tell_what_was_not_found() -> None:
    answers = asked(records(a_deposit("S2")), query("S1"), query("S2"))
    assert [(one.setl_id, one.found) for one in answers] == [("S1", False), ("S2", True)]
    assert answers[0].medfee_sumamt is None


def test_a_settlement_of_another_person_is_not_found() -> None:
    other = SettlementQuery("S1", an_identity_number(order=103))
    assert not asked(records(a_deposit()), other)[0].found


def test_a_second_deposit_corrects_the_first() -> None:
    kept = records(a_deposit(), a_deposit(medfee_sumamt="1600.00"))
    assert len(kept) == 1
    assert asked(kept, query())[0].medfee_sumamt == "1600.00"


def test_earlier_stays_are_told_and_related_by_diagnosis_category() -> None:
    earlier = a_deposit("S0", begndate=date(2022, 1, 1), enddate=date(2022, 1, 5), diag_code="C34.102")
    foreign = a_deposit("S00", begndate=date(2022, 2, 1), enddate=date(2022, 3, 5), diag_code="I10.x00")
    outpatient = a_deposit("S9", begndate=date(2022, 1, 9), enddate=date(2022, 1, 9), med_type="11")
    later = a_deposit("S3", begndate=date(2022, 5, 1), enddate=date(2022, 5, 5))
    (answer,) = asked(records(a_deposit(), foreign, earlier, outpatient, later), query())
    own = [stay for stay in answer.prior_stays if stay.begndate.year == 2022]
    assert [(stay.begndate, stay.related) for stay in own] == [
        (date(2022, 1, 1), True),
        (date(2022, 2, 1), False),
    ]


def test_a_death_is_known_from_any_deposit_of_the_person() -> None:
    kept = records(a_deposit(), a_deposit("S2", deceased_on=date(2022, 2, 1)))
    assert asked(kept, query())[0].deceased_on == date(2022, 2, 1)


def test_wrong_amounts_are_shown_for_the_share_told_and_always_the_same() -> None:
    kept = records(*(a_deposit(f"S{number}") for number in range(100)))
    how = Misbehaviour(wrong_amount_rate_bp=3_000)
    first = asked(kept, *(query(f"S{number}") for number in range(100)), how=how)
    wrong = [one.setl_id for one in first if one.medfee_sumamt != "1500.00"]
    assert 10 < len(wrong) < 50
    assert asked(kept, *(query(f"S{number}") for number in range(100)), how=how) == first


def test_the_oldest_deposits_are_forgotten_when_the_platform_is_full() -> None:
    kept = Records(capacity=2)
    deposit_settlements(kept, [a_deposit(f"S{number}") for number in range(3)])
    assert [asked(kept, query(f"S{number}"))[0].found for number in range(3)] == [False, True, True]
    assert len(kept) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"medfee_sumamt": "1,500"},
        {"medfee_sumamt": "-1.00", "fund_pay_sumamt": "-1.00"},
        {"fund_pay_sumamt": "1500.01"},
        {"enddate": date(2022, 2, 1)},
        {"certno": ""},
    ],
)
def test_one_invalid_deposit_keeps_the_whole_batch_out(changes: dict[str, Any]) -> None:
    kept = Records(capacity=100)
    with pytest.raises(DepositInvalid):
        deposit_settlements(kept, [a_deposit("S1"), a_deposit("S2", **changes)])
    assert len(kept) == 0


def test_more_than_a_batch_is_refused() -> None:
    with pytest.raises(TooMany):
        asked(Records(1), *[query()] * 2_001)
    with pytest.raises(TooMany):
        deposit_settlements(Records(1), [a_deposit()] * 5_001)


def test_what_is_derived_of_a_person_depends_on_seed_and_number_alone() -> None:
    numbers = [an_identity_number(order=order) for order in range(600)]
    facts = [facts_of(SEED, number) for number in numbers]
    assert facts == [facts_of(SEED, number) for number in numbers]
    assert 20 < sum(one.chronic_since is not None for one in facts) < 100
    assert 50 < sum(one.earlier_stay is not None for one in facts) < 140
    assert all(one.earlier_stay is None or one.earlier_stay.enddate.year < 2022 for one in facts)
    assert facts != [facts_of(SEED + 1, number) for number in numbers]


def test_dialysis_is_always_a_cycle_and_a_fracture_never() -> None:
    number = an_identity_number()
    assert is_cycle(SEED, number, "N18.500")
    assert not is_cycle(SEED, number, "S82.800")
    assert not is_cycle(SEED, number, None)
