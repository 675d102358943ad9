"""Tests that share what is dear to make go to one of several processes."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from libs.testing.sharing_out import PLATFORMS, unit_of

CHECKOUT = Path(__file__).parents[3]
FOUR_TESTS = "import pytest\n\n@pytest.mark.parametrize('number', range(4))\ndef test_it(number): pass\n"
RAN = re.compile(r"^\[(gw\d)\].* PASSED \S*/(test_\w+\.py)::", re.MULTILINE)


def test_a_file_is_not_divided() -> None:
    assert unit_of("tests/unit/a.py::test_b[c::d]") == unit_of("tests/unit/a.py::test_e") == "tests/unit/a.py"
    assert unit_of("tests/unit/a.py::test_b") != unit_of("tests/unit/f.py::test_b")


@pytest.mark.parametrize("folder", PLATFORMS)
def test_files_that_share_a_platform_are_not_divided(folder: str) -> None:
    files = sorted(path.relative_to(CHECKOUT) for path in (CHECKOUT / folder).glob("test_*.py"))
    assert len(files) > 1
    assert {unit_of(f"{file}::test_it") for file in files} == {folder}


def test_pytest_sends_each_file_to_one_process(tmp_path: Path) -> None:
    """xdist's own groups went by the board without a word when pytest named its tests otherwise."""
    for name in ("one", "another", "third"):
        (tmp_path / f"test_{name}.py").write_text(FOUR_TESTS)
    plugins = ["-p", "xdist", "-p", "libs.testing.sharing_out"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-n", "2", *plugins, "-c", "/dev/null", str(tmp_path)],
        cwd=CHECKOUT, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    processes_of = defaultdict(list)
    for process, file in RAN.findall(done.stdout):
        processes_of[file].append(process)
    assert {file: len(ran) for file, ran in processes_of.items()} == {
        "test_one.py": 4,
        "test_another.py": 4,
        "test_third.py": 4,
    }, done.stdout + done.stderr
    assert all(len(set(ran)) == 1 for ran in processes_of.values())
