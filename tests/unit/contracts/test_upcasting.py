"""Old versions of an event are read as the newest, step by step."""

from typing import Any, ClassVar

import orjson
import pytest

from libs.contracts import ClaimEvent, EventTooNew, EventUnreadable, UnknownEventType, registry
from libs.contracts.upcasters import UPCASTERS
from tests.support.ticks import person_of, register


class Weighed(ClaimEvent):
    """Version 1 had `kilos`; version 2 `grams`; version 3 knows the scale."""

    schema_version: ClassVar[int] = 3
    grams: int
    scale: str


def kilos_to_grams(raw: dict[str, Any]) -> dict[str, Any]:
    kilos = raw.pop("kilos")
    return raw | {"grams": kilos * 1_000}


def unnamed_scale(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {"scale": "unnamed"}


@pytest.fixture(autouse=True)
def weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_BY_TYPE", dict(registry._BY_TYPE))
    monkeypatch.setattr(registry, "_ADAPTERS", dict(registry._ADAPTERS))
    monkeypatch.setattr(
        registry, "UPCASTERS", {("Weighed", 1): kilos_to_grams, ("Weighed", 2): unnamed_scale}
    )
    register(Weighed)


def body(**fields: object) -> bytes:
    return orjson.dumps({"person_id": person_of("c1"), "claim_id": "c1", **fields})


EXPECTED = Weighed(person_id=person_of("c1"), claim_id="c1", grams=4_000, scale="unnamed")


def test_the_first_version_goes_through_every_step() -> None:
    assert registry.decode("Weighed", 1, body(kilos=4)) == EXPECTED


def test_a_middle_version_goes_through_the_rest() -> None:
    assert registry.decode("Weighed", 2, body(grams=4_000)) == EXPECTED


def test_the_newest_version_goes_through_none() -> None:
    assert registry.decode("Weighed", 3, body(grams=4_000, scale="unnamed")) == EXPECTED
    assert registry.decode("Weighed", 3, registry.encode(EXPECTED)) == EXPECTED


def test_what_newer_code_wrote_waits_for_the_upgrade() -> None:
    with pytest.raises(EventTooNew, match="version 4 is newer than the known version 3"):
        registry.decode("Weighed", 4, body())


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownEventType, match="Wieghed"):
        registry.decode("Wieghed", 1, body())


@pytest.mark.parametrize("version", [1, 2, 3])
def test_bytes_that_are_no_json_are_unreadable_in_every_version(version: int) -> None:
    with pytest.raises(EventUnreadable):
        registry.decode("Weighed", version, b"{not json")


def test_an_unreadable_body_is_told_by_field_and_never_by_value() -> None:
    with pytest.raises(EventUnreadable) as unreadable:
        registry.decode("Weighed", 3, body(grams="王小明", scale="s"))
    assert "grams" in str(unreadable.value)
    assert "王小明" not in str(unreadable.value)


def test_a_version_without_a_step_from_the_one_before_is_a_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "UPCASTERS", {("Weighed", 1): kilos_to_grams})
    with pytest.raises(registry.UpcasterMissing, match="Weighed version 2"):
        registry.decode("Weighed", 1, body(kilos=4))


def test_every_published_type_has_all_its_steps() -> None:
    for kinds in registry.PUBLISHED.values():
        for kind in kinds:
            for version in range(1, kind.schema_version):
                assert (kind.__name__, version) in UPCASTERS
