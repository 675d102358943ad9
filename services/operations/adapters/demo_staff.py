"""Staff for a platform on one machine: three people with tokens of their own, so that second persons exist.

A city names its staff itself (`HUIJI_STAFF_FILE`) and keeps no token in clear.
"""

import json
import secrets
from pathlib import Path

import yaml

from libs.runtime.staff import token_hash

_TIERS = {"examiner-01": "examiner", "senior-01": "senior", "director-01": "director"}


def staff_of_platform(directory: Path) -> Path:
    """The staff file of the platform in `directory`; made once, with the tokens beside it (mode 0600)."""
    staff_file, tokens_file = directory / "staff.yaml", directory / "staff-tokens.json"
    if not staff_file.exists():
        tokens = {member: secrets.token_urlsafe(24) for member in _TIERS}
        tokens_file.touch(mode=0o600)
        tokens_file.write_text(json.dumps(tokens, indent=2) + "\n")
        staff = [
            {"id": member, "tier": tier, "token_sha256": token_hash(tokens[member])}
            for member, tier in _TIERS.items()
        ]
        staff_file.write_text(yaml.safe_dump({"staff": staff}, sort_keys=False))
    return staff_file
