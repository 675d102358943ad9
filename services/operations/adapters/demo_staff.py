"""Staff and readers for a platform on one machine, with tokens of their own: so second persons exist.

A city names them itself (`HUIJI_STAFF_FILE`, `HUIJI_READER_FILE`) and keeps no token in clear.
"""

import json
import secrets
from pathlib import Path
from typing import Any

import yaml

from libs.runtime.staff import token_hash
from services.operations.adapters.replacing import replace_file

TOKENS = "staff-tokens.json"
_MEMBERS: dict[str, dict[str, Any]] = {
    "examiner-01": {"tier": "examiner"},
    "senior-01": {"tier": "senior"},
    "director-01": {"tier": "director"},
    "operator-01": {"roles": ["operator"]},
    "operator-02": {"roles": ["operator", "approver"]},
}


_READERS: dict[str, dict[str, Any]] = {
    "lead-01": {"reads_as": "insurer:lead"},
    "coinsurer-a-01": {"reads_as": "insurer:coinsurer-a"},
    "poverty-relief-01": {"reads_as": "charity:poverty-relief"},
    "regulator-01": {"reads_as": "regulator:bureau"},
}
READER_TOKENS = "reader-tokens.json"


def staff_of_platform(directory: Path) -> Path:
    """The staff file of the platform in `directory`, with the tokens beside it (mode 0600).

    Who is there already keeps the token; a platform of an earlier release gets whom it lacks.
    """
    return _written(directory / "staff.yaml", "staff", directory / TOKENS, _MEMBERS)


def readers_of_platform(directory: Path) -> Path:
    """The same of those who read; staff who operate read with their own tokens."""
    return _written(directory / "readers.yaml", "readers", directory / READER_TOKENS, _READERS)


def _written(file: Path, name: str, tokens_file: Path, people: dict[str, dict[str, Any]]) -> Path:
    tokens: dict[str, str] = json.loads(tokens_file.read_text()) if file.exists() else {}
    known: list[dict[str, Any]] = yaml.safe_load(file.read_text())[name] if file.exists() else []
    missing = [one for one in people if one not in tokens]
    if missing:
        tokens |= {one: secrets.token_urlsafe(24) for one in missing}
        replace_file(tokens_file, (json.dumps(tokens, indent=2) + "\n").encode(), private=True)
        known += [{"id": one, **people[one], "token_sha256": token_hash(tokens[one])} for one in missing]
        replace_file(file, yaml.safe_dump({name: known}, sort_keys=False).encode())
    return file
