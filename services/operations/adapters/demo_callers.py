"""Made-up callers for a platform on one machine: each hospital of the generated city, and a platform of the region.

A city names its hospitals' systems itself (`HUIJI_HOSPITAL_CALLERS_FILE`) and keeps no token in clear.
"""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import orjson
import yaml

from libs.runtime.staff import token_hash
from libs.synthetic.cities import CITIES, OUT_OF_TOWN_HOSPITALS
from libs.synthetic.published_examples import published_examples
from services.operations.adapters.credentials import NotProven
from services.operations.adapters.replacing import replace_file
from services.operations.domain.topology import service_token_file

FILE = "hospital-callers.yaml"
TOKENS = "hospital-tokens.json"
SERVICES_FILE = "service-callers.yaml"
#: Sends for all of them: what the simulators show, whose arrays mix hospitals.
REGIONAL = "regional-platform"
TOKEN = "HUIJI_HOSPITAL_TOKEN"
TOKEN_FILE = "HUIJI_HOSPITAL_TOKEN_FILE"
_HEAD = "# Made up for this machine, with the tokens beside it. A city's own: docs/hospital-guide.md, docs/runbook.md\n"


class NoSuchCaller(NotProven):
    """The local platform has made no token for it."""

    code = "no_such_caller"

    def __init__(self, caller: str) -> None:
        super().__init__(
            f"no token of {caller!r} is kept here: a hospital of the generated city, or {REGIONAL}; a city's own"
            " hospitals keep their tokens themselves"
        )


def callers_of_platform(directory: Path) -> Path:
    """The callers' file of the platform in `directory`, with the tokens beside it (mode 0600).

    Who is there already keeps the token; a platform of an earlier release gets whom it lacks.
    """
    file, tokens_file = directory / FILE, directory / TOKENS
    tokens: dict[str, str] = json.loads(tokens_file.read_text()) if file.exists() else {}
    known = yaml.safe_load(file.read_text())["callers"] if file.exists() else []
    hospitals = _hospitals()
    wanted = {one: [one] for one in hospitals} | {REGIONAL: hospitals}
    missing = [one for one in wanted if one not in tokens]
    if missing:
        tokens |= {one: secrets.token_urlsafe(32) for one in missing}
        known += [
            {"id": one, "hospitals": wanted[one], "tokens": [{"sha256": token_hash(tokens[one])}]}
            for one in missing
        ]
        said = orjson.dumps(tokens, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        replace_file(tokens_file, said, private=True)
        replace_file(file, (_HEAD + yaml.safe_dump({"callers": known}, sort_keys=False)).encode())
    return file


def services_of_platform(directory: Path, services: Iterable[str]) -> Path:
    """The file of the platform's services; each one's token is in a file of its own (`service_token_file`), made once.

    Mode 0600, as nothing else keeps whoever is on this machine from showing them. Desks that somebody has added
    to the callers' file stay; a token whose file was deleted counts no more.
    """
    file = directory / SERVICES_FILE
    known = yaml.safe_load(file.read_text())["callers"] if file.exists() else []
    callers = {one["id"]: one for one in known}
    for service in services:
        token_file = service_token_file(file, service)
        if not token_file.exists():
            token_file.parent.mkdir(mode=0o700, exist_ok=True)
            # At once or not at all: an empty token that a kill left would be everybody's.
            replace_file(token_file, f"{secrets.token_urlsafe(32)}\n".encode())
            token_file.chmod(0o600)
        token = token_hash(token_file.read_text().strip())
        callers[service] = {"id": service, "tokens": [{"sha256": token}]}
    listed = list(callers.values())
    if listed != known:
        replace_file(file, (_HEAD + yaml.safe_dump({"callers": listed}, sort_keys=False)).encode())
    return file


def hospital_token(callers_file: Path | None, caller: str = "") -> str | None:
    """The token to show: that of `caller` on a local platform; else the environment's, or the region's here.

    None where no platform of this machine has made any. Raises NotProven.
    """
    if not caller:
        if file := os.environ.get(TOKEN_FILE):
            return _read(Path(file))
        if token := os.environ.get(TOKEN):
            return token
    tokens_file = callers_file.with_name(TOKENS) if callers_file else None
    if tokens_file is None or not tokens_file.exists():
        if caller:
            raise NoSuchCaller(caller)
        return None
    tokens: dict[str, str] = json.loads(tokens_file.read_text())
    if caller and caller not in tokens:
        raise NoSuchCaller(caller)
    return tokens[caller or REGIONAL]


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError as error:
        raise NotProven(f"{file}: {error.strerror}") from None


def _hospitals() -> list[str]:
    """All that send generated or published discharges, and pharmacies, which settle prescribed drugs."""
    places = {one.id for city in CITIES.values() for one in city.hospitals}
    places |= {one.id for one in OUT_OF_TOWN_HOSPITALS}
    places |= {one.hospital_id for example in published_examples() for one in example.submissions}
    return sorted(places)
