"""Reads an authority table and refuses one that says less than it seems to."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from services.adjudication.domain.authority import Authority

FIRST_CITY = Path(__file__).parent.parent / "authority" / "first_city.yaml"


class AuthorityFileUnusable(Exception):
    """The file cannot be read or is no authority table; the message names every fault."""

    code = "authority_file_unusable"


def read_authority(path: Path = FIRST_CITY) -> Authority:
    """The table. Raises AuthorityFileUnusable."""
    try:
        return Authority.model_validate(yaml.safe_load(path.read_bytes()))
    except (OSError, yaml.YAMLError) as error:
        raise AuthorityFileUnusable(f"{path.name}: {error}") from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise AuthorityFileUnusable(f"{path.name}: {'; '.join(faults)}") from None
