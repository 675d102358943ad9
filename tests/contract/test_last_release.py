"""The last release and today's sources read each other's events; a change that would end this is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from libs.contracts.golden import contract_at
from libs.contracts.schemas import Contract, published_contracts
from services.operations.adapters.released_schemas import schemas_of_last_release
from services.operations.use_cases.contracts import GOLDEN, SCHEMAS, export_contracts
from tests.support.read_samples import read_samples
from tests.support.releases import CHECKOUT, LAST, copy_of_today, last_release, run_in, within

#: What `huiji contracts check` and `huiji contracts export --replace` refuse of the checkout that it is run in.
GATE = """
import json
from pathlib import Path
from services.operations.use_cases.contracts import check_contracts, export_contracts
gate = check_contracts(Path()), export_contracts(Path(), replace=True)
print(json.dumps([[str(one) for one in each.refused] for each in gate]))
"""
READING = CHECKOUT / "tests" / "support" / "read_samples.py"


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return last_release(tmp_path_factory.mktemp("last"))


def samples_of(checkout: Path) -> dict[str, Any]:
    """The bodies of a release's samples, by the names of their files."""
    files = sorted((checkout / GOLDEN).glob("*/*.json"))
    return {f"{file.parent.name}/{file.name}": orjson.loads(file.read_bytes()) for file in files}


def newest_of(checkout: Path) -> dict[tuple[str, str], int]:
    """The newest version of every type that a release knows."""
    contracts = sorted(contract_at(Path(name)) for name in samples_of(checkout))
    return {(contract.context, contract.type): contract.version for contract in contracts}


def test_the_release_runs_its_own_sources(last: Path) -> None:
    import_ = (
        "import libs.contracts, services.payout; print(libs.contracts.__file__, services.payout.__file__)"
    )
    files = run_in(last, "-c", import_).split()
    assert [Path(file).is_relative_to(last) for file in files] == [True, True]


def test_today_reads_whatever_the_last_release_has_said(last: Path) -> None:
    said = samples_of(last)
    read = read_samples(last / GOLDEN)
    assert read.keys() == said.keys()
    assert [name for name, result in read.items() if "error" in result] == []
    current = published_contracts()
    same = [name for name in said if contract_at(Path(name)) in current]
    assert [name for name in same if not within(said[name], read[name]["read"])] == []


def test_the_last_release_reads_what_it_knows_of_what_today_says_and_knows_the_rest_for_newer(
    last: Path,
) -> None:
    said = samples_of(CHECKOUT)
    known = newest_of(last)
    read: dict[str, Any] = orjson.loads(run_in(last, "-c", READING.read_text(), str(CHECKOUT / GOLDEN)))
    assert read.keys() == said.keys()
    for name, result in read.items():
        contract = contract_at(Path(name))
        newest = known.get((contract.context, contract.type))
        if newest is None:
            assert result == {"error": "unknown_event_type"}, name
        elif contract.version > newest:
            assert result == {"error": "event_too_new"}, name
        elif contract.version == newest:
            assert within(result["read"], said[name]), name
        else:
            assert "read" in result, name


def changed(pattern: str, replacement: str, files: str) -> Callable[[Path], None]:
    """A change of a checkout's sources; `files` of its libs and services, all that match."""

    def change(checkout: Path) -> None:
        found = [*(checkout / "libs").rglob(files), *(checkout / "services").rglob(files)]
        texts = {file: file.read_text() for file in found}
        after = {file: re.sub(pattern, replacement, text) for file, text in texts.items()}
        assert after != texts
        for file, text in after.items():
            file.write_text(text)

    return change


BREAKING: dict[str, tuple[Callable[[Path], None], str]] = {
    "a version without an upcaster": (
        changed(r"\Z", "\n\nRecordsAttached.schema_version = 2\n", "contracts/medical_data.py"),
        "medical_data/RecordsAttached.v1: no upcaster from version 1 to 2",
    ),
    "a field taken out": (
        changed(r"\n    deceased_on: .*", "", "contracts/medical_data.py"),
        "medical_data/RecordsAttached.v1: field deceased_on is gone (removed or renamed)",
    ),
    "a type renamed": (
        changed(r"\bRecordsUnavailable\b", "BureauSilent", "*.py"),
        "medical_data/RecordsUnavailable.v1: the type is gone",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_would_end_this_is_refused_even_when_it_is_exported_anew(
    name: str, tmp_path: Path
) -> None:
    change, sentence = BREAKING[name]
    checkout = copy_of_today(tmp_path)
    kept = checkout / LAST.relative_to(CHECKOUT)
    kept.parent.mkdir(parents=True)
    kept.hardlink_to(LAST)
    change(checkout)
    checked, exported = orjson.loads(run_in(checkout, "-c", GATE))
    assert any(sentence in refused for refused in checked), checked
    assert any(sentence in refused for refused in exported), exported


def test_a_checkout_that_keeps_no_release_may_still_replace_what_it_has_exported(tmp_path: Path) -> None:
    assert schemas_of_last_release(tmp_path, SCHEMAS) == {}
    assert export_contracts(tmp_path, replace=True).refused == ()


def test_the_kept_release_says_what_it_publishes() -> None:
    schemas = schemas_of_last_release(CHECKOUT, SCHEMAS)
    assert Contract("adjudication", "ClaimDenied", 2) in schemas
    assert len(schemas) > 50
