"""Every command that the runbook prints is run where the runbook says, with what it promises (features row 156).

A new command there fails its section's test in this folder until it is run, or listed with the reason why it cannot be.
The tests of the folder share one platform and leave it to the next in the order of their files.
"""

import re
from pathlib import Path

from tests.support.runbook import NOT_RUN_HERE, SECTIONS

_ABOUT = re.compile(r'^@about\("(.+)"\)$', re.MULTILINE)


def test_every_section_has_a_test_and_what_is_listed_is_printed() -> None:
    tested = [
        title
        for file in Path(__file__).parent.glob("test_*.py")
        for title in _ABOUT.findall(file.read_text())
    ]
    to_run = {title for title, one in SECTIONS.items() if set(one.commands) - NOT_RUN_HERE.keys()}
    assert sorted(tested) == sorted(to_run)
    printed = {command for section in SECTIONS.values() for command in section.commands}
    assert NOT_RUN_HERE.keys() <= printed
