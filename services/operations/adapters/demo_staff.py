"""Staff for a platform on one machine: five people with tokens of their own, so that second persons exist.

A city names its staff itself (`HUIJI_STAFF_FILE`) and keeps no token in clear.
"""

import json
import secrets
from pathlib import Path
from typing import Any

import yaml

from libs.runtime.staff import token_hash

TOKENS = "staff-tokens.json"
_MEMBERS: dict[str, dict[str, Any]] = {
    "examiner-01": {"tier": "examiner"},
    "senior-01": {"tier": "senior"},
    "director-01": {"tier": "director"},
    "operator-01": {"roles": ["operator"]},
    "operator-02": {"roles": ["operator", "approver"]},
}


def staff_of_platform(directory: Path) -> Path:
    """The staff file of the platform in `directory`, with the tokens beside it (mode 0600).

    Who is there already keeps the token; a platform of an earlier release gets whom it lacks.
    """
    staff_file, tokens_file = directory / "staff.yaml", directory / TOKENS
    tokens: dict[str, str] = json.loads(tokens_file.read_text()) if staff_file.exists() else {}
    staff: list[dict[str, Any]] = (
        yaml.safe_load(staff_file.read_text())["staff"] if staff_file.exists() else []
    )
    missing = [member for member in _MEMBERS if member not in tokens]
    if missing:
        tokens |= {member: secrets.token_urlsafe(24) for member in missing}
        tokens_file.touch(mode=0o600)
        tokens_file.write_text(json.dumps(tokens, indent=2) + "\n")
        staff += [
            {"id": member, **_MEMBERS[member], "token_sha256": token_hash(tokens[member])}
            for member in missing
        ]
        staff_file.write_text(yaml.safe_dump({"staff": staff}, sort_keys=False))
    return staff_file
