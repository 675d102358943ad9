"""Reads a case that a person wrote: JSON or YAML, in fen or in yuan, with the aliases of `case_words.py`."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from libs.benefits import case_words as words
from libs.benefits.amounts import fen_of_yuan
from libs.benefits.case import BUCKETS, Case
from libs.benefits.case_faults import faults_of, one_of, shown
from libs.benefits.errors import CaseFault, CaseRefused
from libs.benefits.plan_problems import written_twice

_MOST_BYTES = 16 * 1024 * 1024
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_case(text: bytes | str) -> Case:
    """The case in a JSON or YAML text. Raises CaseRefused with every fault: field, what was found, what is right."""
    if len(text) > _MOST_BYTES:
        raise CaseRefused((CaseFault("(case)", f"{len(text)} bytes", f"at most {_MOST_BYTES} bytes"),))
    try:
        return case_from(_parsed(text.decode("utf-8") if isinstance(text, bytes) else text))
    except UnicodeDecodeError as error:
        raise CaseRefused((CaseFault("(case)", "bytes that are no UTF-8", "text in UTF-8"),)) from error


def _parsed(text: str) -> object:
    try:
        # Decimals stay text, so that no yuan amount passes through a binary fraction.
        return json.loads(text, parse_float=str, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        slip = CaseFault(f"line {error.lineno}, column {error.colno}", error.msg, "well-formed JSON")
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        twice = written_twice(root)
        if twice:
            raise CaseRefused(tuple(CaseFault(each.field, "written twice", "once") for each in twice))
        return loader.construct_document(root) if root is not None else None
    except yaml.YAMLError as error:
        if text.lstrip().startswith(("{", "[")):
            raise CaseRefused((slip,)) from error
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark else "(case)"
        found = str(getattr(error, "problem", None) or "not readable")
        raise CaseRefused((CaseFault(where, found, "well-formed JSON or YAML"),)) from error
    finally:
        loader.dispose()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CaseRefused((CaseFault(twice, "written twice", "once"),))
    return found


def case_from(raw: object) -> Case:
    """The case in plain values, aliases resolved. Raises CaseRefused."""
    reader = _Reader()
    plain = reader.case(raw)
    if reader.faults:
        raise CaseRefused(tuple(reader.faults))
    try:
        return Case.model_validate(plain)
    except ValidationError as error:
        raise CaseRefused(faults_of(error)) from error


class _Reader:
    """Resolves aliases and notes what cannot be resolved; shapes it does not know are left to the models."""

    def __init__(self) -> None:
        self.faults: list[CaseFault] = []

    def case(self, raw: object) -> object:
        if not isinstance(raw, dict):
            self.faults.append(CaseFault("(case)", shown(raw), "an object with member and bills"))
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
        member = self._in_fen(path, raw, words.MEMBER_YUAN)
        self._value(member, "scheme", words.SCHEMES)
        self._listed(member, "pre_existing_classes", "groups")
        if "status" in member:
            status = member.pop("status")
            if status not in words.STATUSES:
                self.faults.append(CaseFault(f"{path}.status", shown(status), one_of(words.STATUSES)))
            elif "pre_existing" in member:
                self.faults.append(CaseFault(f"{path}.status", "given beside pre_existing", "one of the two"))
            else:
                given = words.STATUSES[status]
                member["pre_existing"] = bool(given)
                if given not in ("", "pre_existing"):
                    member["pre_existing_classes"] = [*member.get("pre_existing_classes", []), given]
        elif member.get("pre_existing_classes"):
            member.setdefault("pre_existing", True)
        return member

    def _bill(self, path: str, raw: dict[Any, Any]) -> dict[str, Any]:
        raw = dict(raw)
        paid = {words.PAYERS[key]: raw.pop(key) for key in [*raw] if key in words.PAYERS}
        bill = self._in_fen(path, raw, words.BILL_YUAN)
        self._value(bill, "visit", words.VISITS)
        self._value(bill, "place", words.PLACES)
        self._listed(bill, "lists", "tags")
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
        return _with_sums(bill)

    def _line(self, path: str, raw: dict[Any, Any]) -> dict[str, Any]:
        line = self._in_fen(path, raw, words.LINE_YUAN)
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
            self.faults.append(CaseFault(where, f"given beside another {field}", "the amount once"))
            return
        try:
            into[field] = fen_of_yuan(value)
        except ValueError as error:
            self.faults.append(CaseFault(where, shown(value), f"{error}; {field} takes whole fen"))

    def _renamed(self, path: str, raw: dict[Any, Any], names: Mapping[str, str]) -> dict[str, Any]:
        renamed: dict[str, Any] = {}
        for key, value in raw.items():
            name = names.get(key, str(key))
            if name in renamed:
                self.faults.append(CaseFault(f"{path}{key}", f"given beside {name}", "one of the two"))
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


def _with_sums(bill: dict[str, Any]) -> dict[str, Any]:
    """Adds what follows from the rest: buckets that only the lines state, and a total that is not stated."""
    lines = [line for line in bill.get("lines") or [] if isinstance(line, dict)]
    for bucket in BUCKETS[1:]:
        field = f"{bucket}_fen"
        parts = [line.get(field, 0) for line in lines]
        if field not in bill and any(parts) and all(type(part) is int for part in parts):
            bill[field] = sum(parts)
    if "total_fen" not in bill:
        stated = [bill.get(f"{bucket}_fen", 0) for bucket in BUCKETS[1:]]
        amounts = [line.get("amount_fen") for line in lines]
        if "in_scope_fen" in bill or (not lines and any(stated)):
            parts = [bill.get("in_scope_fen", 0), *stated]
        else:
            parts = amounts
        if parts and all(type(part) is int for part in parts):
            bill["total_fen"] = sum(parts)
    return bill
