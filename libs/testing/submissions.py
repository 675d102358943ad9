"""Submissions for tests: one with defaults, and a hypothesis strategy of all kinds."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from libs.contracts.one_stop import OneStopAmounts, OneStopLiability, OneStopMode
from libs.contracts.settlement import ChargeCategory, FeeLine, Scheme, Settlement, Visit
from libs.interop.identity_number import age_on, check_character, parse_identity_number
from libs.interop.submission import Diagnosis, Person, Procedure, Submission, place_of
from libs.interop.visit_kinds import VisitKind

_MAX_FEN = 10**13
_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30).filter(
    str.strip
)


def an_identity_number(region: str = "410502", born: date = date(1969, 3, 15), order: int = 101) -> str:
    """A valid identity number; an odd order is a man's."""
    first = f"{region}{born:%Y%m%d}{order:03d}"
    return first + check_character(first)


def a_person(id_number: str | None = None, name: str = "测试甲", phone: str | None = "13900000001") -> Person:
    """A person who agrees with their number."""
    number = parse_identity_number(id_number or an_identity_number())
    return Person(name=name, id_number=number.text, phone=phone, sex=number.sex, birth_date=number.birth_date)


def a_line(line_no: int = 1, amount_fen: int = 100_000, self_funded_fen: int = 0, **values: Any) -> FeeLine:
    """A drug line, in scope but for what is self-funded."""
    defaults: dict[str, Any] = {
        "code": "XL01CDS054A001010100054",
        "name": "多西他赛注射液",
        "category": "western_drug",
        "list_class": "C" if self_funded_fen else "A",
        "quantity_milli": 1_000,
    }
    return FeeLine(
        line_no=line_no,
        amount_fen=amount_fen,
        self_funded_fen=self_funded_fen,
        in_scope_fen=amount_fen - self_funded_fen,
        **(defaults | values),
    )


def a_settlement(
    total_fen: int = 150_000, self_funded_fen: int = 50_000, pool_fen: int = 60_000
) -> Settlement:
    """Basic insurance pays `pool_fen`, the person the rest in cash."""
    return Settlement(
        total_fen=total_fen,
        self_funded_fen=self_funded_fen,
        in_scope_fen=total_fen - self_funded_fen,
        pool_fen=pool_fen,
        fund_total_fen=pool_fen,
        personal_total_fen=total_fen - pool_fen,
        personal_cash_fen=total_fen - pool_fen,
    )


def one_stop_amounts(*liabilities: tuple[str, int, int], **fields: Any) -> OneStopAmounts:
    """What a centre settled at the desk: (code, deductible, payment) per liability, in fen."""
    stated = tuple(
        OneStopLiability(code=code, deductible_fen=deductible_fen, pays_fen=pays_fen)
        for code, deductible_fen, pays_fen in liabilities
    )
    defaults: dict[str, Any] = {
        "plan_id": "demo-generic",
        "mode": "one_stop",
        "reference": "YZS2022031000017",
        "liabilities": stated,
        "total_fen": sum(each.pays_fen for each in stated),
        "settled_at": datetime(2022, 3, 10, 2, 0, tzinfo=UTC),
    }
    return OneStopAmounts(**(defaults | fields))


def a_submission(**changes: Any) -> Submission:
    """A stay of nine days with two lines; `changes` replace fields of the submission."""
    person = changes.get("person") or a_person()
    admitted = date(2022, 3, 1)
    visit = Visit(
        hospital_id="H41050200301",
        hospital_grade=3,
        med_type="21",
        kind="inpatient",
        admitted_on=admitted,
        discharged_on=admitted + timedelta(days=9),
        scheme="resident",
        insured_region="410500",
        hospital_region="410502",
        place="local",
        age_years=age_on(person.birth_date, admitted),
        sex=person.sex,
    )
    values: dict[str, Any] = {
        "submission_id": "S2022000001",
        "encounter_id": "M2022000001",
        "person": person,
        "visit": visit,
        "settlement": a_settlement(),
        "lines": (a_line(1, 100_000), a_line(2, 50_000, self_funded_fen=50_000)),
        "diagnoses": (Diagnosis(code="C34.900", name="支气管或肺恶性肿瘤", main=True),),
        "invoice_number": "220000000001",
    }
    return Submission(**(values | changes))


@st.composite
def submissions(draw: st.DrawFn) -> Submission:
    """Any submission that the readers accept."""
    born = draw(st.dates(date(1920, 1, 1), date(2021, 12, 31)))
    region = draw(st.sampled_from(("410502", "110105", "310104", "440507", "500101")))
    person = Person.model_validate(
        {
            **a_person(an_identity_number(region, born, draw(st.integers(0, 999)))).model_dump(),
            "name": draw(_TEXT),
            "phone": draw(st.none() | st.from_regex(r"\A1[0-9]{10}\Z")),
        }
    )
    lines = tuple(draw(_line(number)) for number in range(1, draw(st.integers(0, 6)) + 1))
    diagnoses = draw(st.lists(st.builds(Diagnosis, code=_code(), name=_TEXT, main=st.booleans()), max_size=4))
    visit, settlement = draw(_visit(person)), draw(_settlement(lines))
    return Submission(
        submission_id=draw(st.from_regex(r"\A[!-~]{1,64}\Z")),
        encounter_id=draw(st.none() | _TEXT),
        person=person,
        visit=visit,
        settlement=settlement,
        lines=lines,
        diagnoses=tuple(diagnoses),
        procedures=tuple(draw(st.lists(st.builds(Procedure, code=_code(), name=_TEXT), max_size=3))),
        note=draw(st.none() | _TEXT),
        invoice_number=draw(st.none() | st.from_regex(r"\A[0-9A-Z]{1,40}\Z")),
        one_stop=draw(st.none() | _one_stop(settlement, visit)),
    )


@st.composite
def _one_stop(draw: st.DrawFn, settlement: Settlement, visit: Visit) -> OneStopAmounts:
    """A centre's amounts that the bill allows."""
    modes: tuple[OneStopMode, ...] = get_args(OneStopMode)
    codes = draw(st.lists(st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\Z"), unique=True, max_size=3))
    paid = _split(draw, settlement.personal_total_fen, len(codes) + 1)
    parts = [
        (code, draw(st.integers(0, settlement.total_fen - fen)), fen)
        for code, fen in zip(codes, paid, strict=False)
    ]
    moment = datetime.combine(visit.discharged_on, time(draw(st.integers(0, 23)), 30), UTC)
    return one_stop_amounts(*parts, mode=draw(st.sampled_from(modes)), settled_at=moment)


def _code() -> st.SearchStrategy[str]:
    return st.from_regex(r"\A[A-Z][0-9]{2}\.[0-9x]{1,6}\Z")


@st.composite
def _line(draw: st.DrawFn, number: int) -> FeeLine:
    parts = [draw(st.integers(0, _MAX_FEN // 100)) for _ in range(4)]
    return FeeLine(
        line_no=number,
        code=draw(st.from_regex(r"\A[A-Z0-9]{1,40}\Z")),
        name=draw(_TEXT),
        category=draw(st.sampled_from(get_args(ChargeCategory))),
        list_class=draw(st.sampled_from(("A", "B", "C"))),
        quantity_milli=draw(st.integers(0, 10**9)),
        days_supply=draw(st.none() | st.integers(0, 400)),
        amount_fen=sum(parts),
        self_funded_fen=parts[0],
        over_limit_fen=parts[1],
        first_pay_fen=parts[2],
        in_scope_fen=parts[3],
    )


@st.composite
def _settlement(draw: st.DrawFn, lines: tuple[FeeLine, ...]) -> Settlement:
    """The lines' sums, or any buckets when there are none, spread over all payers and means."""
    free = [draw(st.integers(0, _MAX_FEN // 10)) for _ in range(4)] if not lines else [0] * 4
    buckets = [
        sum(line.self_funded_fen for line in lines) + free[0],
        sum(line.over_limit_fen for line in lines) + free[1],
        sum(line.first_pay_fen for line in lines) + free[2],
        sum(line.in_scope_fen for line in lines) + free[3],
    ]
    total = sum(buckets)
    *funds, hospital, personal = _split(draw, total, 9)
    account, family, cash = _split(draw, personal, 3)
    names = ("pool", "civil_servant", "enterprise", "resident_critical_illness", "employee_large_amount")
    payers = dict(zip([f"{name}_fen" for name in (*names, "assistance", "other_fund")], funds, strict=True))
    return Settlement(
        total_fen=total,
        self_funded_fen=buckets[0],
        over_limit_fen=buckets[1],
        first_pay_fen=buckets[2],
        in_scope_fen=buckets[3],
        deductible_paid_fen=draw(st.integers(0, 200_000)),
        fund_total_fen=sum(funds),
        hospital_borne_fen=hospital,
        personal_total_fen=personal,
        personal_account_fen=account,
        family_account_fen=family,
        personal_cash_fen=cash,
        **payers,
    )


def _split(draw: st.DrawFn, total: int, count: int) -> list[int]:
    cuts = sorted(draw(st.integers(0, total)) for _ in range(count - 1))
    return [after - before for before, after in zip([0, *cuts], [*cuts, total], strict=True)]


@st.composite
def _visit(draw: st.DrawFn, person: Person) -> Visit:
    admitted = draw(st.dates(max(person.birth_date, date(2020, 1, 1)), date(2023, 12, 31)))
    insured = draw(st.sampled_from(("410500", "110000", "440500")))
    hospital = draw(st.sampled_from(("410502", "110105", "310104", "440507")))
    schemes: tuple[Scheme, ...] = get_args(Scheme)
    kinds: tuple[VisitKind, ...] = get_args(VisitKind)
    return Visit(
        hospital_id=draw(st.from_regex(r"\A[A-Za-z0-9_-]{1,40}\Z")),
        hospital_grade=draw(st.sampled_from((0, 1, 2, 3))),
        med_type=draw(st.sampled_from(("11", "13", "21", "28", "140104", "15", "41", "990404"))),
        kind=draw(st.sampled_from(kinds)),
        admitted_on=admitted,
        discharged_on=admitted + timedelta(days=draw(st.integers(0, 300))),
        scheme=draw(st.sampled_from(schemes)),
        insured_region=insured,
        hospital_region=hospital,
        place=place_of(insured, hospital, draw(st.booleans())),
        settled=draw(st.booleans()),
        age_years=age_on(person.birth_date, admitted),
        sex=person.sex,
        preauthorisation_id=draw(st.none() | st.uuids().map(str)),
    )
