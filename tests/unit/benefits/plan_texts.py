"""Small plans written in the plan language, for tests of one shape at a time."""

from libs.benefits import Bill, Case, Evaluation, Member, Usage, evaluate, load_plan

_HEAD = """
format: huiji-plan/1
id: test
name: {zh: 测试, en: test}
city: {zh: 某市, en: a city}
source: S
premiums: [{tier: base, name: {zh: 基础, en: base}, amount: 100}, {tier: upgraded, name: {zh: 升级, en: upgraded}}]
sources: {S: {title: a source, grade: A}}
"""


def a_plan_text(liabilities: str, rest: str = "") -> str:
    """A plan file with these liabilities (a YAML list at the margin) and further top-level fields."""
    return f"{_HEAD}{rest}\nliabilities:\n{liabilities}"


def a_liability(
    terms: str = "pays: {ratio: 100%}", *, liability_id: str = "one", takes: str = "{in_scope: 100%}"
) -> str:
    """One liability; `terms` are further fields, one a line."""
    lines = "".join(f"    {line}\n" for line in terms.strip().splitlines())
    return f"  - id: {liability_id}\n    name: {{zh: 责任, en: liability}}\n    takes: [{{buckets: {takes}}}]\n{lines}"


def evaluated(
    liabilities: str, *bills: Bill, rest: str = "", member: Member | None = None, used: Usage | None = None
) -> Evaluation:
    """The bills evaluated by a plan with these liabilities."""
    plan = load_plan(a_plan_text(liabilities, rest))
    return evaluate(plan, Case(member=member or Member(), bills=bills, used=used or Usage()))


def in_scope(yuan: int, **facts: object) -> Bill:
    """A bill of in-scope cost only."""
    return Bill.model_validate({"total_fen": yuan * 100, **facts})
