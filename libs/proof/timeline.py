"""A claim's way in words, Chinese and English: one line per event, with the place and the hash that prove it."""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from libs.eventlog.amending import AMENDING
from libs.eventlog.day_roots import CITY_TIME
from libs.eventlog.event import Recorded
from libs.money import format_yuan

_WORDS: dict[str, tuple[str, str]] = {
    "CoverageActivated": ("参保生效", "coverage taken out"),
    "CoverageLapsed": ("参保终止", "coverage ended"),
    "ClaimRegistered": ("出院结算登记", "discharge registered as a claim"),
    "ClaimCorrected": ("医院更正结算", "settlement corrected by the hospital"),
    "ClaimWithdrawn": ("医院撤销结算", "settlement withdrawn by the hospital"),
    "RecordsAttached": ("医保局记录到达", "the bureau's records arrived"),
    "RecordsUnavailable": ("医保局记录缺失", "the bureau's records did not come"),
    "ClaimFactsNoted": ("风控接收案件", "heard of by fraud control"),
    "RecordFactsNoted": ("风控接收记录", "records heard of by fraud control"),
    "ClaimScored": ("风控评分", "scored by fraud control"),
    "ReviewOpened": ("转人工复核", "sent to a reviewer"),
    "ReviewConcluded": ("人工复核结论", "reviewer's verdict"),
    "CoverageNoted": ("理算接收参保", "coverage heard of by adjudication"),
    "CoverageEndNoted": ("理算接收终止", "end of coverage heard of by adjudication"),
    "ClaimOpened": ("理算立案", "opened by adjudication"),
    "RecordsNoted": ("理算接收记录", "records heard of by adjudication"),
    "ScoreNoted": ("理算接收评分", "score heard of by adjudication"),
    "ReviewNoted": ("理算接收复核", "verdict heard of by adjudication"),
    "ClaimPended": ("案件挂起", "pended"),
    "ClaimDeadlinePassed": ("时限届满", "a deadline passed"),
    "ClaimWithdrawalNoted": ("理算接收撤销", "withdrawal heard of by adjudication"),
    "ClaimAdjudicated": ("理算决定", "decided under the plan"),
    "ClaimDenied": ("拒赔", "denied"),
    "AdjudicationReversed": ("决定撤回", "decision reversed"),
    "DecisionConfirmed": ("决定维持", "decision confirmed"),
    "OneStopDifferenceFound": ("一站式金额有差异", "the insurance centre's amounts differ from ours"),
    "OneStopDifferenceEnded": ("一站式差异消除", "the difference to the insurance centre has ended"),
    "OneStopDifferenceAnswered": ("一站式差异已答复", "the difference to the insurance centre was answered"),
    "DeskSettlementBooked": ("医保中心清算入账", "owed to the insurance centre"),
    "PaymentHeld": ("付款待账户", "payment held: no account known"),
    "PaymentInstructed": ("付款指令", "payment instructed"),
    "PaymentSettled": ("到账", "payment settled"),
    "PaymentRejected": ("银行拒付", "payment rejected by the bank"),
    "PaymentReturned": ("银行退汇", "payment returned by the bank"),
    "PaymentCancelled": ("付款取消", "payment cancelled before it left"),
    "EntitlementRevised": ("应付变更", "what is due was revised"),
    "ClawbackRaised": ("追回立项", "clawback raised"),
    "ClawbackNetted": ("追回抵扣", "clawback netted"),
    "ClawbackRepaid": ("追回到账", "clawback repaid"),
    "ClawbackWrittenOff": ("追回核销", "clawback written off"),
    "BurdenNoted": ("剩余负担", "remaining burden noted"),
    "ReferralMade": ("转介慈善", "referred to a charity programme"),
    "PatchProposed": ("提议更正事件内容", "a patch of an event was proposed"),
    "EventPatched": ("事件内容已更正", "an event was patched"),
    "EventAnnulled": ("事件已作废", "an event was annulled"),
}
"""What happened, by event type; a type without words here is shown by its name."""

_AMOUNTS: dict[str, tuple[str, str]] = {
    "bill_fen": ("总费用", "bill"),
    "plan_pays_fen": ("计划支付", "plan pays"),
    "cash_benefits_fen": ("定额给付", "cash benefits"),
    "patient_bears_fen": ("个人负担", "patient bears"),
    "amount_fen": ("金额", "amount"),
    "due_fen": ("应付", "due"),
    "settled_at_desk_fen": ("中心已结", "settled by the insurance centre"),
    "centre_fen": ("中心金额", "by the centre"),
    "own_fen": ("本系统测算", "by our evaluation"),
    "burden_fen": ("累计负担", "burden so far"),
}
_NAMES: dict[str, tuple[str, str]] = {
    "plan_id": ("计划", "plan"),
    "number": ("第几次决定", "decision number"),
    "reason": ("原因", "reason"),
    "score": ("评分", "score"),
    "outcome": ("结果", "outcome"),
    "verdict": ("结论", "verdict"),
    "programme_id": ("项目", "programme"),
}

_AMENDS = ("所涉事件", "about")
_ABOUT_AN_EVENT = AMENDING | {"PatchProposed"}
_COUNTS: dict[str, tuple[str, str]] = {
    "EventPatched": (
        "不能处理原文的服务以更正内容为准，更正见",
        "counts as patched, for those who could not process it, by",
    ),
    "EventAnnulled": (
        "已作废，不能处理它的服务视为未发生，见",
        "annulled, counts not at all for those who could not process it, by",
    ),
}
"""What an amended event's own line says of it, followed by the amendment's place."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of the timeline. `mark` names the event and the beginning of its hash."""

    time: str
    source: str
    zh: str
    en: str
    facts_zh: str
    facts_en: str
    mark: str


def timeline_of(events: Sequence[Recorded]) -> list[Moment]:
    """The events in words, in the given order; times are the city's."""
    amended = {}
    for event in events:
        if event.type in AMENDING:
            amended[str(orjson.loads(event.body)["event_id"])] = event
    return [_moment(event, amended.get(str(event.event_id))) for event in events]


def as_markdown(claim_id: str, moments: Iterable[Moment]) -> bytes:
    """A table in Markdown."""
    lines = [
        f"# 理赔时间线 / Timeline of claim {claim_id}",
        "",
        "时间为北京时间；末列为事件在日志中的位置及其哈希前 16 位。",
        "Times are China's; the last column is the event's place in its log and the first 16 digits of its hash.",
        "",
        "| 时间 time | 服务 service | 事件 | event | 要点 | facts | 凭据 proof |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [f"| {' | '.join(cell.replace('|', '¦') for cell in _cells(moment))} |" for moment in moments]
    return ("\n".join(lines) + "\n").encode()


def as_html(claim_id: str, moments: Iterable[Moment]) -> bytes:
    """A page without scripts, styles from elsewhere or links."""
    title = html.escape(f"理赔时间线 / Timeline of claim {claim_id}")
    heads = ("时间 time", "服务 service", "事件", "event", "要点", "facts", "凭据 proof")
    rows = [
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in _cells(moment)) + "</tr>"
        for moment in moments
    ]
    page = [
        "<!doctype html>",
        f'<html lang="zh"><head><meta charset="utf-8"><title>{title}</title>',
        "<style>body{font:14px sans-serif;margin:2em}td,th{padding:.3em .6em;text-align:left;"
        "border-bottom:1px solid #ccc;vertical-align:top}td:last-child{font-family:monospace}</style></head>",
        f"<body><h1>{title}</h1><table>",
        "<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>",
        *rows,
        "</table></body></html>",
    ]
    return ("\n".join(page) + "\n").encode()


def _moment(event: Recorded, amendment: Recorded | None) -> Moment:
    body: dict[str, Any] = orjson.loads(event.body)
    if isinstance(body.get("settlement"), dict):
        body["bill_fen"] = body["settlement"].get("total_fen")
    zh, en = _WORDS.get(event.type, (event.type, event.type))
    facts = [(words, format_yuan(body[name])) for name, words in _AMOUNTS.items() if body.get(name)]
    if amendment is not None:
        facts.insert(0, (_COUNTS[amendment.type], _place(amendment)))
    if event.type in _ABOUT_AN_EVENT:
        facts.append((_AMENDS, f"{event.source}/{event.shard}/{body['position']} {body['event_type']}"))
    facts += [(words, str(body[name])) for name, words in _NAMES.items() if body.get(name) not in (None, "")]
    return Moment(
        time=event.recorded_at.astimezone(CITY_TIME).strftime("%Y-%m-%d %H:%M:%S"),
        source=event.source,
        zh=zh,
        en=en,
        facts_zh="；".join(f"{words[0]} {value}" for words, value in facts),
        facts_en="; ".join(f"{words[1]} {value}" for words, value in facts),
        mark=f"{_place(event)} {event.hash.hex()[:16]}",
    )


def _place(event: Recorded) -> str:
    return f"{event.source}/{event.shard}/{event.position}"


def _cells(moment: Moment) -> tuple[str, ...]:
    return (
        moment.time, moment.source, moment.zh, moment.en, moment.facts_zh, moment.facts_en, moment.mark,
    )  # fmt: skip
