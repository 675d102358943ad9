"""Resolves the words a case is written in: yuan, national field names, Chinese, sums that are left out."""

from collections.abc import Callable, Mapping
from typing import Any

from libs.benefits import case_words as words
from libs.benefits.amounts import fen_of_yuan
from libs.benefits.case import BUCKETS
from libs.benefits.case_faults import one_of, shown
from libs.benefits.errors import CaseFault


class CaseReader:
    """Resolves aliases and notes what cannot be resolved; shapes it does not know are left to the models."""

    def __init__(self, tiers: Mapping[str, str]) -> None:
        self._tiers = tiers
        self.faults: list[CaseFault] = []
        self.spoiled: set[str] = set()
        """Paths of fields whose value was no value: what the models miss there is told already."""

    def case(self, raw: object) -> object:
        """The case with the models' own names and fen; not yet checked by them."""
        if not isinstance(raw, dict):
            self._fault("(case)", shown(raw), "an object with member and bills")
            return raw
        case = self._renamed("", raw, words.NAMES)
        bills = case.get("bills")
        if isinstance(bills, dict):
            case["bills"] = bills = [bills]
        if isinstance(bills, list):
            case["bills"] = [self._each(f"bills.{n}", bill, self._bill) for n, bill in enumerate(bills)]
            for number, bill in enumerate(case["bills"], start=1):
                if isinstance(bill, dict) and len(bills) > 1:
                    bill.setdefault("id", f"bill-{number}")
        if "member" in case:
            case["member"] = self._each("member", case["member"], self._member)
        if "used" in case:
            case["used"] = self._each("used", case["used"], self._used)
        return case

    def _each(self, path: str, raw: object, read: Callable[[str, dict[Any, Any]], dict[str, Any]]) -> object:
        return read(path, raw) if isinstance(raw, dict) else raw

    def _member(self, path: str, raw: dict[Any, Any]) -> dict[str, Any]:
        member = self._in_fen(path, self._renamed(path, raw, words.MEMBER_NAMES), words.MEMBER_YUAN)
        self._value(member, "scheme", words.SCHEMES)
        self._value(member, "tier", self._tiers)
        self._listed(member, "pre_existing_classes", "groups")
        if "status" in member:
            status = member.pop("status")
            if not isinstance(status, str) or status not in words.STATUSES:
                self._fault(f"{path}.status", shown(status), one_of(words.STATUSES))
            elif "pre_existing" in member:
                self._fault(f"{path}.status", "given beside pre_existing", "one of the two")
            else:
                given = words.STATUSES[status]
                member["pre_existing"] = bool(given)
                if given not in ("", "pre_existing"):
                    member["pre_existing_classes"] = [*member.get("pre_existing_classes", []), given]
        elif member.get("pre_existing_classes"):
            member.setdefault("pre_existing", True)
        return member

    def _bill(self, path: str, raw: dict[Any, Any]) -> dict[str, Any]:
        raw = self._renamed(path, raw, words.BILL_NAMES)
        paid = {words.PAYERS[key]: raw.pop(key) for key in [*raw] if key in words.PAYERS}
        bill = self._in_fen(path, raw, words.BILL_YUAN)
        self._value(bill, "visit", words.VISITS)
        self._value(bill, "place", words.PLACES)
        self._listed(bill, "lists", "tags")
        for name in ("paid", "paid_fen"):
            if not isinstance(bill.get(name, {}), dict):
                self._fault(
                    f"{path}.{name}", shown(bill.pop(name)), "payers with amounts, such as {basic: 12万}"
                )
        in_yuan = [("", paid)] if paid else []
        if isinstance(bill.get("paid"), dict):
            in_yuan.append((".paid", bill.pop("paid")))
        if in_yuan:
            known = bill.get("paid_fen", {})
            amounts = dict(known) if isinstance(known, dict) else {}
            for where, payers in in_yuan:
                for name, value in payers.items():
                    self._set(amounts, path + where, str(name), words.PAYERS.get(name, name), value)
            bill["paid_fen"] = amounts
        if isinstance(bill.get("paid_fen"), dict):
            bill["paid_fen"] = {words.PAYERS.get(k, k): v for k, v in bill["paid_fen"].items()}
        if isinstance(bill.get("lines"), list):
            bill["lines"] = [
                self._each(f"{path}.lines.{n}", line, self._line) for n, line in enumerate(bill["lines"])
            ]
        self._buckets_of_lines(path, bill)
        self._self_pay(path, bill)
        self._total(path, bill)
        return bill

    def _buckets_of_lines(self, path: str, bill: dict[str, Any]) -> None:
        """Adds the buckets that only the lines state."""
        for bucket in BUCKETS[1:]:
            field = f"{bucket}_fen"
            parts = [line.get(field, 0) for line in _lines_of(bill)]
            if field not in bill and any(parts):
                self._sum(path, bill, field, parts)
            unread = [each for each in self.spoiled if each.startswith(f"{path}.lines.")]
            if any(each.endswith(f".{field}") for each in unread):
                self.spoiled.add(f"{path}.{field}")

    def _total(self, path: str, bill: dict[str, Any]) -> None:
        """Adds a total that is not stated: the sum of the buckets, else of the lines."""
        if "total_fen" in bill:
            return
        stated = [bill.get(f"{bucket}_fen", 0) for bucket in BUCKETS[1:]]
        lines = _lines_of(bill)
        if "in_scope_fen" in bill or (not lines and any(stated)):
            self._sum(path, bill, "total_fen", [bill.get("in_scope_fen", 0), *stated])
        elif lines:
            self._sum(path, bill, "total_fen", [line.get("amount_fen") for line in lines])

    def _sum(self, path: str, bill: dict[str, Any], field: str, parts: list[object]) -> None:
        amounts = [part for part in parts if type(part) is int]
        if len(amounts) == len(parts):
            bill[field] = sum(amounts)
        else:
            self.spoiled.add(f"{path}.{field}")

    def _self_pay(self, path: str, bill: dict[str, Any]) -> None:
        """In-scope cost from what the layers before left of it, and what they paid if only the total tells it."""
        stated = [word for word in words.SELF_PAY if word in bill]
        left: dict[str, Any] = {}
        for word in stated:
            self._set(left, path, word, "in_scope_fen", bill.pop(word))
        if "in_scope_fen" not in left:
            return
        if "in_scope_fen" in bill:
            self._fault(f"{path}.{stated[0]}", "given beside in_scope", "one of the two")
            return
        paid = bill.get("paid_fen")
        others = [bill.get(f"{bucket}_fen", 0) for bucket in BUCKETS[1:]]
        total = bill.get("total_fen")
        if not paid and type(total) is int and all(type(other) is int for other in others):
            rest_fen = total - left["in_scope_fen"] - sum(others)
            paid = bill["paid_fen"] = {"basic": rest_fen} if rest_fen > 0 else {}
        payers = (paid or {}).items()
        before = [fen for payer, fen in payers if payer not in words.BESIDE_BASIC and type(fen) is int]
        bill["in_scope_fen"] = left["in_scope_fen"] + sum(before)

    def _line(self, path: str, raw: dict[Any, Any]) -> dict[str, Any]:
        line = self._in_fen(path, self._renamed(path, raw, words.LINE_NAMES), words.LINE_YUAN)
        self._value(line, "category", words.CATEGORIES)
        self._listed(line, "lists")
        return line

    def _used(self, path: str, raw: dict[Any, Any]) -> dict[str, Any]:
        liabilities = raw.get("liabilities")
        if not isinstance(liabilities, dict):
            return raw
        read = {
            name: self._in_fen(f"{path}.liabilities.{name}", used, words.USAGE_YUAN)
            if isinstance(used, dict)
            else used
            for name, used in liabilities.items()
        }
        return {**raw, "liabilities": read}

    def _in_fen(self, path: str, raw: dict[Any, Any], yuan: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {str(key): value for key, value in raw.items() if key not in yuan}
        for key, value in raw.items():
            if key in yuan and value is not None:
                self._set(found, path, key, yuan[key], value)
        return found

    def _set(self, into: dict[str, Any], path: str, key: str, field: str, value: object) -> None:
        """Puts an amount in yuan, in fen, under its field; a second word for the same amount is a fault."""
        where = f"{path}.{key}"
        if field in into:
            self._fault(where, f"given beside another {field}", "the amount once")
            return
        try:
            into[field] = fen_of_yuan(value)
        except ValueError as error:
            self._fault(where, shown(value), f"{error}; {field} takes whole fen")
            self.spoiled.add(f"{path}.{field}")

    def _fault(self, field: str, found: str, right: str) -> None:
        self.faults.append(CaseFault(field, found, right))

    def _renamed(self, path: str, raw: dict[Any, Any], names: Mapping[str, str]) -> dict[str, Any]:
        renamed: dict[str, Any] = {}
        for key, value in raw.items():
            name = names.get(key, str(key))
            if name in renamed:
                self._fault(f"{path}.{key}".lstrip("."), f"given beside {name}", "one of the two")
            renamed[name] = value
        return renamed

    @staticmethod
    def _value(into: dict[str, Any], field: str, aliases: Mapping[str, str]) -> None:
        value = into.get(field)
        if isinstance(value, str | int) and str(value) in aliases:
            into[field] = aliases[str(value)]

    @staticmethod
    def _listed(into: dict[str, Any], *fields: str) -> None:
        for field in fields:
            if isinstance(into.get(field), str):
                into[field] = [into[field]]


def _lines_of(bill: dict[str, Any]) -> list[dict[str, Any]]:
    lines = bill.get("lines")
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []
