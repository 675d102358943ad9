"""The runbook's commands, read out of the document as it is printed, and run on a platform."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from typer.testing import CliRunner

from services.operations.adapters.announcing import FILE
from services.operations.adapters.credentials import LOOKS, TOKEN
from services.operations.adapters.demo_staff import TOKENS
from services.operations.domain.topology import SERVICES
from services.operations.entrypoints.commands import app
from services.operations.entrypoints.finding import VARIABLE

CHECKOUT = Path(__file__).parents[2]
RUNBOOK = CHECKOUT / "docs" / "runbook.md"
#: Why a printed command is run elsewhere, or nowhere.
NOT_RUN_HERE = {
    "make up": "starts the platform of this checkout: tests/integration/operations/test_run_platform.py",
    "make demo": "the same",
    "make test": "this",
    "huiji up --import DIR": "starts a second platform: tests/end_to_end/test_moved_deployment.py",
    "huiji up --limit-reading": "the same with readers: tests/integration/projections and tests/unit/operations",
    "huiji up --open": "the same, asking nobody: tests/support/mixed_platform.py",
    "huiji republish": "named without one of its commands: tests/integration/operations/test_republish.py",
    "scripts/keep-release REVISION": "writes the sources of a release into the checkout",
    "POST …:8106/answers/POSITION/skip": "for an answer that nobody can read, which this bank does not give",
}
#: A tool of its own that is started by `huiji`: what it prints is seen only from outside.
_STARTS_A_TOOL = ("huiji rebuild", "huiji import")
_PORTS = {service.preferred_port: service.name for service in SERVICES}
_URL = r"(?:http://127\.0\.0\.1|http://…|…):(81\d\d)"
_INLINE = re.compile(
    rf"`((?:huiji|make|curl|docker compose)\s[^`]+|scripts/[^`]+|(?:GET|POST|PUT)\s[^`]+|{_URL}/[^`\s]*)`"
)
_COMMAND = re.compile(r"(?:huiji|curl|make|scripts/\S+) ")


@dataclass(frozen=True)
class Section:
    """`commands` as printed, without the comment behind them; `settings`: the shell lines that others build on."""

    commands: tuple[str, ...]
    settings: tuple[str, ...]


def read_runbook(text: str) -> dict[str, Section]:
    """By the section's title; sections without a command are left out."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    titled = {"Runbook": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))
    sections = {title: _section(body) for title, body in titled.items()}
    return {title: section for title, section in sections.items() if section.commands}


def _section(body: str) -> Section:
    lines = list(_block_lines(body))
    commands = [line for line in lines if _COMMAND.match(line)]
    settings = [line for line in lines if re.match(r"[A-Z]+=|\w+\(\) \{", line)]
    inline = [" ".join(found[1].split()) for found in _INLINE.finditer(body)]
    return Section(tuple(dict.fromkeys([*commands, *inline])), tuple(settings))


def _block_lines(body: str) -> Iterator[str]:
    """Indented lines, continued ones joined, without comments."""
    joined = body.replace(" \\\n      ", " ")
    for line in joined.splitlines():
        if line.startswith("    ") and line.strip():
            yield re.sub(r" {2,}#.*$", "", line.strip())


@dataclass(frozen=True)
class Said:
    """What a command ended with and said."""

    status: int
    out: str
    err: str = ""

    @property
    def document(self) -> Any:
        """It, as JSON."""
        return orjson.loads(self.out)


class Operator:
    """Runs one section's printed commands on the platform in `directory`; keeps in mind which are left."""

    def __init__(self, section: Section, directory: Path, urls: Mapping[str, str]) -> None:
        self._section = section
        self._directory = directory
        self._urls = urls
        self.left = set(section.commands)

    def runs(self, printed: str, *more: str, by: str = "", **stand_for: object) -> Said:
        """Run a `huiji` command as printed with what its placeholders stand for, and `more` behind it.

        `by`: the member of staff whose token is shown.
        """
        line = " ".join([self._taken(printed, stand_for), *more])
        environment = {"NO_COLOR": "1", VARIABLE: str(self._directory / "run" / FILE)}
        if by:
            environment[TOKEN] = self.token_of(by)
        words = shlex.split(line)[1:]
        if printed.startswith(_STARTS_A_TOOL):
            command = [sys.executable, "-m", "services.operations", *words]
            return _ran(subprocess.run(command, env=os.environ | environment, **_CAPTURED))
        result = CliRunner().invoke(app, words, env=environment)
        ended = result.exception is None or isinstance(result.exception, SystemExit)
        assert ended, f"{line}: {result.exception!r}"
        return Said(result.exit_code, result.stdout, result.stderr)

    def sees_every_part_up(self) -> bool:
        """Whether `huiji status` says so, whatever other sections have left parked."""
        parts = self.runs("huiji status", "--json").document["parts"]
        return all(part["up"] and part["ready"] is not False for part in parts)

    def curls(self, printed: str, **stand_for: object) -> Said:
        """Run a line with `curl` by the shell, the section's settings before it; its status is that of HTTP."""
        line = self._taken(printed, stand_for)
        printed_before = [*SECTIONS["Runbook"].settings, *self._section.settings]
        settings = [self._filled(one, stand_for) for one in dict.fromkeys(printed_before)]
        ours = f'huiji() {{ {VARIABLE}={self._directory}/run/{FILE} {sys.executable} -m services.operations "$@"; }}'
        script = "\n".join(
            ["set -eu", ours, *settings, line.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1)]
        )
        said = _ran(subprocess.run(["bash", "-c", script], env=os.environ | {"no_proxy": "*"}, **_CAPTURED))
        assert said.status == 0, f"{line}: {said.err}"
        out, _, status = said.out.rpartition("\n")
        return Said(int(status), out)

    def asks(
        self, printed: str, body: Any = None, *, service: str = "", by: str = LOOKS, **stand_for: object
    ) -> Said:
        """Send what is printed as a method and an address, or an address alone; `service` where none is printed."""
        method, _, place = self._taken(printed, stand_for).rpartition(" ")
        url = place if place.startswith("http") else self._urls[service] + place
        headers = {"Authorization": f"Bearer {self.token_of(by)}"}
        answer = httpx2.request(method or "GET", url, json=body, headers=headers, timeout=30, trust_env=False)
        return Said(answer.status_code, answer.text)

    def token_of(self, member: str) -> str:
        """What a member of this platform's staff shows."""
        token: str = orjson.loads((self._directory / TOKENS).read_bytes())[member]
        return token

    def _taken(self, printed: str, stand_for: Mapping[str, object]) -> str:
        assert printed in self._section.commands, f"the runbook does not print: {printed}"
        self.left.discard(printed)
        return self._filled(printed, stand_for)

    def _filled(self, printed: str, stand_for: Mapping[str, object]) -> str:
        line = re.sub(_URL, lambda found: self._urls[_PORTS[int(found[1])]], printed)
        line = line.replace(".huiji/up", str(self._directory))
        for name, value in stand_for.items():
            line = re.sub(rf"(?<![\w.]){re.escape(name)}(?!\w)", str(value), line)
        return line


_CAPTURED: dict[str, Any] = {
    "capture_output": True,
    "text": True,
    "cwd": CHECKOUT,
    "check": False,
    "timeout": 120,
}


def _ran(done: "subprocess.CompletedProcess[str]") -> Said:
    return Said(done.returncode, done.stdout, done.stderr)


SECTIONS = read_runbook(RUNBOOK.read_text())
"""The runbook's own."""


def about(title: str) -> pytest.MarkDecorator:
    """The test's `operator` works through what is printed under this title."""
    return pytest.mark.parametrize("operator", [title], indirect=True, ids=[title])
