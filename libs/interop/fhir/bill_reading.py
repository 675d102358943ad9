"""The bill (Claim) and basic insurance's answer (ClaimResponse, ExplanationOfBenefit) → amounts and lines."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from libs.contracts.settlement import FeeLine, Settlement
from libs.interop.assembling import Draft
from libs.interop.fhir import systems
from libs.interop.fhir.resolving import Located, code_in, coding_in, extension_in
from libs.interop.national import fields
from libs.interop.reading import MAX_ITEMS, Problems, fen_of


def read_settlement(bill: Located, answer: Located, draft: Draft) -> None:
    """The bill's amounts from the answer's `total` and `adjudication`, one per national field."""
    problems = draft.problems
    before = len(problems.reasons)
    amounts = _amounts(answer.children("total") + answer.children("adjudication"), problems)
    for name in sorted(fields.REQUIRED_AMOUNTS.difference(amounts)):
        problems.add(
            "missing",
            f"{answer.at}.total",
            f"a total of category {name} ({systems.SETTLEMENT_AMOUNT}) is required",
        )
    billed = bill.data.get("total")
    if isinstance(billed, dict) and "medfee_sumamt" in amounts:
        stated = _fen(Located(billed, f"{bill.at}.total"), problems)
        if stated != amounts["medfee_sumamt"]:
            problems.add("contradiction", f"{bill.at}.total", "the bill's total differs from medfee_sumamt")
    if len(problems.reasons) == before:
        ours = {fields.SETTLEMENT_AMOUNTS[name]: fen for name, fen in amounts.items()}
        draft.settlement = Settlement(**ours)


def _amounts(entries: list[Located], problems: Problems) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        name = code_in(entry.data.get("category") or {}, systems.SETTLEMENT_AMOUNT)
        if name is None:
            continue
        if name not in fields.SETTLEMENT_AMOUNTS:
            problems.add(
                "unknown_code", f"{entry.at}.category", "the code is no field of the national settlement"
            )
        elif name in found:
            problems.add("duplicate", f"{entry.at}.category", f"{name} is given twice")
        else:
            found[name] = _fen(entry.child("amount"), problems)
    return found


def _fen(money: Located, problems: Problems) -> int:
    fen = fen_of(money.data.get("value"))
    if money.data.get("currency", "CNY") != "CNY":
        problems.add("wrong_currency", f"{money.at}.currency", "amounts are in CNY")
    if fen is None:
        problems.add(
            "not_an_amount",
            f"{money.at}.value",
            "the value must be a non-negative amount in yuan, at most 14 digits and two decimals",
        )
    return fen or 0


def read_lines(bill: Located, answer: Located, draft: Draft) -> None:
    """The bill's items, each with the buckets that the answer gives the same sequence."""
    problems = draft.problems
    before = len(problems.reasons)
    items = bill.children("item")
    if len(items) > MAX_ITEMS:
        problems.add("too_long", f"{bill.at}.item", f"a bill has at most {MAX_ITEMS} items")
        items = []
    key = "itemSequence" if answer.data["resourceType"] == "ClaimResponse" else "sequence"
    answered = {entry.data.get(key): entry for entry in answer.children("item")}
    for number, item in enumerate(items, start=1):
        values = _line_values(item, problems)
        values |= _buckets(item, answered.get(item.data.get("sequence")), problems)
        if len(problems.reasons) == before:
            draft.lines.append(FeeLine(line_no=number, **values))
    draft.lines_read = len(problems.reasons) == before


def _line_values(item: Located, problems: Problems) -> dict[str, Any]:
    product = item.child("productOrService")
    coding = coding_in(product.data, systems.CATALOGUE_ITEM) or next(
        iter(product.data.get("coding") or ()), {}
    )
    code = coding.get("code") or ""
    if not code:
        problems.add("missing", f"{product.at}.coding", "the item needs a catalogue code (hilist_code)")
    category = code_in(item.data.get("category") or {}, systems.CHARGE_ITEM)
    if category not in fields.CHARGE_CATEGORIES:
        problems.add("unknown_code", f"{item.at}.category", "a charge item code 01 to 14 is required")
    classes = [code_in(modifier, systems.LIST_CLASS) for modifier in item.data.get("modifier") or ()]
    list_class = next((one for one in classes if one), None)
    if list_class not in fields.LIST_CLASSES:
        problems.add(
            "unknown_code", f"{item.at}.modifier", "a catalogue class (chrgitm_lv) 01 to 03 is required"
        )
    supply = extension_in(item.data, systems.DAYS_SUPPLY)
    return {
        "code": text(code, 40, f"{product.at}.coding.code", problems),
        "name": text(coding.get("display") or product.data.get("text") or "", 200, product.at, problems),
        "category": fields.CHARGE_CATEGORIES.get(category or "", "other"),
        "list_class": fields.LIST_CLASSES.get(list_class or "", "C"),
        "quantity_milli": _thousandths(item.child("quantity"), problems),
        "days_supply": None if supply is None else _days(supply, item.at, problems),
        "amount_fen": _fen(item.child("net"), problems),
    }


def _thousandths(quantity: Located, problems: Problems) -> int:
    value = quantity.data.get("value", 1)
    if not isinstance(value, int | Decimal) or not 0 <= value <= 10**12:
        problems.add("wrong_type", f"{quantity.at}.value", "the quantity must be a non-negative number")
        return 0
    return int((Decimal(value) * 1000).to_integral_value(ROUND_HALF_UP))


def _days(extension: dict[str, Any], at: str, problems: Problems) -> int:
    days = extension.get("valueUnsignedInt")
    if not isinstance(days, int) or not 0 <= days <= 9_999:
        problems.add("wrong_type", f"{at}.extension", "days-supply needs valueUnsignedInt")
        return 0
    return days


def _buckets(item: Located, answered: Located | None, problems: Problems) -> dict[str, int]:
    if answered is None:
        problems.add("missing", item.at, "basic insurance's answer has no item of this sequence")
        return {}
    found: dict[str, int] = {}
    for adjudication in answered.children("adjudication"):
        name = code_in(adjudication.data["category"], systems.SETTLEMENT_AMOUNT)
        ours = fields.LINE_AMOUNTS.get(name or "")
        if ours is not None and ours != "amount_fen":
            found[ours] = _fen(adjudication.child("amount"), problems)
    for name in ("fulamt_ownpay_amt", "inscp_scp_amt"):
        if fields.LINE_AMOUNTS[name] not in found:
            problems.add(
                "missing", f"{answered.at}.adjudication", f"an adjudication of category {name} is required"
            )
    return found


def text(value: str, max_length: int, at: str, problems: Problems, breaks: bool = False) -> str:
    """`value` when it is short enough and holds no control characters; otherwise notes the problem, gives ""."""
    allowed = "\t\r\n" if breaks else ""
    if len(value) > max_length:
        problems.add("too_long", at, f"at most {max_length} characters")
    elif not value.isprintable() and any((ord(c) < 32 and c not in allowed) or ord(c) == 127 for c in value):
        problems.add("wrong_format", at, "the text holds control characters")
    else:
        return value
    return ""
