"""The search for planted strings finds them in every spelling; otherwise its silence would prove nothing."""

import base64
import json
from urllib.parse import quote

import pytest

from libs.testing.canaries import Canaries

CANARY = "甄可追Canary"
CANARIES = Canaries({"name": CANARY, "phone": "13987650021"})


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz", "李"])
@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda text: text.encode(), id="UTF-8"),
        pytest.param(lambda text: text.encode("gb18030"), id="GB 18030"),
        pytest.param(lambda text: json.dumps({"a": text}).encode(), id="escaped JSON"),
        pytest.param(lambda text: b"\\x" + text.encode().hex().encode(), id="dumped bytes"),
        pytest.param(lambda text: quote(text).encode(), id="in a URL"),
        pytest.param(lambda text: base64.b64encode(text.encode()), id="base64"),
        pytest.param(lambda text: base64.urlsafe_b64encode(text.encode()), id="base64url"),
    ],
)
def test_a_planted_string_is_found_in_every_spelling(before: str, spell: "object") -> None:
    assert callable(spell)
    for planted, field in ((CANARY, "name"), ("13987650021", "phone")):
        assert CANARIES.found_in(spell(f"{before}{planted}后 and more")) == {field}


def test_what_was_not_planted_is_not_found() -> None:
    assert CANARIES.found_in("甄可追 13987650022".encode()) == set()
    assert CANARIES.found_in_any([("a", b"x"), ("b", CANARY.encode())]) == {"b": {"name"}}
