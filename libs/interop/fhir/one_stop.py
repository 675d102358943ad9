"""What the insurance centre has settled of a plan, as an extension of the Claim: the feed's fields by their names."""

from decimal import Decimal
from typing import Any

from libs.contracts.one_stop import OneStopAmounts
from libs.interop.fhir import systems
from libs.interop.fhir.resolving import Located, extension_in
from libs.interop.one_stop import one_stop_document, read_one_stop
from libs.interop.reading import Fields, Problems

_LIABILITY = "liability"
_MONEY = ("settClaSumamt", "dedcStd", "settClaPay")


def one_stop_place(bill: Located) -> str:
    """Where the extension stands."""
    return f"{bill.at}.extension('{systems.ONE_STOP}')"


def one_stop_of(bill: Located, problems: Problems) -> OneStopAmounts | None:
    """The centre's amounts that the bill carries; None without the extension, or with problems noted."""
    found = extension_in(bill.data, systems.ONE_STOP)
    if found is None:
        return None
    parts = found.get("extension") or []
    stated = _stated(parts)
    stated["liabilities"] = [
        _stated(part.get("extension") or []) for part in parts if part.get("url") == _LIABILITY
    ]
    return read_one_stop(Fields(stated, one_stop_place(bill), problems))


def one_stop_extension(amounts: OneStopAmounts) -> dict[str, Any]:
    """What `one_stop_of` reads."""
    stated = one_stop_document(amounts)
    liabilities = stated.pop("liabilities")
    parts = _parts(stated) + [{"url": _LIABILITY, "extension": _parts(each)} for each in liabilities]
    return {"url": systems.ONE_STOP, "extension": parts}


def _stated(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Each part's value by its url; money of another currency becomes no amount at all."""
    stated: dict[str, Any] = {}
    for part in parts:
        value = next((value for name, value in part.items() if name.startswith("value")), None)
        if isinstance(value, dict):
            value = value.get("value") if value.get("currency", "CNY") == "CNY" else "not in CNY"
        stated[str(part.get("url"))] = value
    return stated


def _parts(stated: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"url": name, "valueMoney": {"value": Decimal(text), "currency": "CNY"}}
        if name in _MONEY
        else {"url": name, "valueDateTime" if name == "setl_time" else "valueString": text}
        for name, text in stated.items()
    ]
