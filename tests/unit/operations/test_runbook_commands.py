"""Every `huiji` command that the runbook prints is one that the command line takes."""

import re
from pathlib import Path

import pytest

from tests.unit.operations.printed_commands import parse

RUNBOOK = Path(__file__).parents[3] / "docs" / "runbook.md"
_BLOCK = re.compile(r"^    (huiji [^#\n]+)", re.MULTILINE)
_INLINE = re.compile(r"`(huiji [^`\n]+)`")


def commands() -> list[str]:
    """As printed, without comments; a placeholder is an argument like any other."""
    text = RUNBOOK.read_text()
    return sorted({found.strip() for pattern in (_BLOCK, _INLINE) for found in pattern.findall(text)})


def test_the_runbook_has_commands() -> None:
    assert len(commands()) > 15


@pytest.mark.parametrize("line", commands())
def test_a_printed_command_is_taken(line: str, tmp_path: Path) -> None:
    stands_for = {"BODY.json": tmp_path / "BODY.json", "DIR": tmp_path}
    stands_for["BODY.json"].write_text("{}")
    parse(line, stands_for)
