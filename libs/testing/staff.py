"""A staff for tests, with tokens that are derived from the names: who may operate, and who may approve."""

import json
from pathlib import Path

import yaml

from libs.runtime.staff import StaffFile, token_hash

_ROLES: dict[str, list[str]] = {
    "li": ["operator"],
    "wang": ["approver"],
    "op-1": ["operator", "approver"],
    "op-2": ["operator", "approver"],
    "clerk": [],
}


def token_of(member: str) -> str:
    """What a member shows."""
    return f"token-of-{member}"


def shown_by(member: str) -> dict[str, str]:
    """The header of a request by a member."""
    return {"Authorization": f"Bearer {token_of(member)}"}


def a_staff() -> StaffFile:
    """li operates, wang approves, op-1 and op-2 do both, clerk does neither."""
    return StaffFile.model_validate(_document())


def written_staff(directory: Path) -> Path:
    """The same as a file in a directory of its own, with the tokens beside it as a local platform has them."""
    file = directory / "staff" / "staff.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(_document()))
    file.with_name("staff-tokens.json").write_text(
        json.dumps({member: token_of(member) for member in _ROLES})
    )
    return file


def _document() -> dict[str, list[dict[str, object]]]:
    return {
        "staff": [
            {"id": member, "roles": roles, "token_sha256": token_hash(token_of(member))}
            for member, roles in _ROLES.items()
        ]
    }
