"""Run inside a release: read another release's golden samples as this one does, and say what came of each.

With the directory as argument it prints {"adjudication/ClaimDenied.v2.json": {"read": …} or {"error": code}}.
"""

import sys
from pathlib import Path
from typing import Any

import orjson

from libs.contracts import decode, encode
from libs.contracts.golden import contract_at
from libs.contracts.registry import ContractError


def read_samples(directory: Path) -> dict[str, dict[str, Any]]:
    """What this release makes of every sample in a directory of them."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(directory.glob("*/*.json")):
        contract = contract_at(file)
        try:
            event = decode(contract.type, contract.version, file.read_bytes().removesuffix(b"\n"))
        except ContractError as error:
            found[f"{contract.context}/{file.name}"] = {"error": error.code}
        else:
            found[f"{contract.context}/{file.name}"] = {"read": orjson.loads(encode(event))}
    return found


if __name__ == "__main__":
    sys.stdout.buffer.write(orjson.dumps(read_samples(Path(sys.argv[1]))))
