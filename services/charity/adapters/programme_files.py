"""Reads the programmes and refuses files that contradict themselves or each other."""

import hashlib
from pathlib import Path

import yaml
from pydantic import ValidationError

from services.charity.domain.programme import Programme
from services.charity.errors import ProgrammeFileUnusable

PROGRAMMES = Path(__file__).parent.parent / "programmes"


def read_programmes(folder: Path = PROGRAMMES) -> tuple[Programme, ...]:
    """All programmes of a folder in the order they are asked. Raises ProgrammeFileUnusable."""
    found: dict[str, Programme] = {}
    orders: dict[int, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        programme = _read(path)
        if programme.id != path.stem:
            raise ProgrammeFileUnusable(path, [f"holds the programme {programme.id}"])
        if programme.order in orders:
            raise ProgrammeFileUnusable(path, [f"has the same order as {orders[programme.order]}"])
        found[programme.id], orders[programme.order] = programme, programme.id
    return tuple(sorted(found.values(), key=lambda programme: programme.order))


def _read(path: Path) -> Programme:
    try:
        content = path.read_bytes()
        programme = Programme.model_validate(yaml.safe_load(content))
    except (OSError, yaml.YAMLError) as error:
        raise ProgrammeFileUnusable(path, [str(error)]) from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise ProgrammeFileUnusable(path, faults) from None
    return programme.model_copy(update={"digest": hashlib.sha256(content).hexdigest()})
