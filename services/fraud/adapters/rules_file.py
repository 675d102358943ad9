"""Reads a rules file and refuses one that would not do what it says."""

import hashlib
from pathlib import Path

import yaml
from pydantic import ValidationError

from services.fraud.domain.rules import RuleSet
from services.fraud.errors import RulesFileUnusable

FIRST_TEN = Path(__file__).parent.parent / "rules" / "first_ten.yaml"


def read_rules(path: Path = FIRST_TEN) -> RuleSet:
    """The rules with the digest of the file's bytes. Raises RulesFileUnusable with every fault."""
    try:
        content = path.read_bytes()
        rules = RuleSet.model_validate(yaml.safe_load(content))
    except (OSError, yaml.YAMLError) as error:
        raise RulesFileUnusable(path, [str(error)]) from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise RulesFileUnusable(path, faults) from None
    return rules.model_copy(update={"digest": hashlib.sha256(content).hexdigest()})
