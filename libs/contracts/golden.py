"""A golden sample of every event version ever published: real bytes that every later reader must understand.

`golden/<context>/<Type>.v<N>.json` holds the body as it is stored, and a line feed. A sample, once written, changes
only when an optional field is added to its version; samples of older versions never change.
"""

from collections.abc import Mapping
from pathlib import Path

from libs.contracts.registry import ContractError, decode, encode
from libs.contracts.sampling import sample_of
from libs.contracts.schemas import Contract, published_contracts

GOLDEN = Path(__file__).parent / "golden"


def golden_path(contract: Contract) -> Path:
    """Where a version's sample is, below the directory of samples."""
    return Path(contract.context) / f"{contract.type}.v{contract.version}.json"


def contract_at(path: Path) -> Contract:
    """The inverse of `golden_path`. Raises ValueError for a name of another form."""
    type_name, version = path.name.removesuffix(".json").split(".v")
    return Contract(path.parent.name, type_name, int(version))


def read_golden(directory: Path = GOLDEN) -> Mapping[Contract, bytes]:
    """The bodies of all samples, in order."""
    files = {contract_at(path): path for path in directory.glob("*/*.json")}
    return {contract: files[contract].read_bytes().removesuffix(b"\n") for contract in sorted(files)}


def renewed_golden(stored: Mapping[Contract, bytes]) -> Mapping[Contract, bytes]:
    """The samples as they should be: those that can be read, read and written again; drafts of those that cannot.

    Older versions stay as they are.
    """
    newest = {
        contract: _renewed(contract, stored.get(contract)) or encode(sample_of(kind))
        for contract, kind in published_contracts().items()
    }
    versions = {(contract.context, contract.type): contract.version for contract in newest}
    older = {
        contract: body
        for contract, body in stored.items()
        if contract.version < versions.get((contract.context, contract.type), 0)
    }
    return dict(sorted({**newest, **older}.items()))


def _renewed(contract: Contract, body: bytes | None) -> bytes | None:
    if body is None:
        return None
    try:
        return encode(decode(contract.type, contract.version, body))
    except ContractError:
        return None
