"""Keep what is published about events true: schemas, samples and the AsyncAPI document follow the models.

The exported schemas are also the baseline: a model may differ from them only compatibly. What was not released yet
(no tag `v…` has it, nor the release that is kept in the checkout) may change its shape with `replace=True`; a released
version never does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import orjson
import yaml

from libs.contracts.compatibility import Refusal, refusals
from libs.contracts.golden import contract_at, golden_path, read_golden, renewed_golden
from libs.contracts.schemas import Contract, Schema, current_schemas
from libs.contracts.upcasters import UPCASTERS
from libs.runtime.asyncapi import whole_asyncapi_document
from services.operations.adapters.released_schemas import newest_release, schemas_at, schemas_of_last_release
from services.operations.adapters.replacing import replace_file

SCHEMAS = PurePosixPath("docs/schemas/events")
GOLDEN = PurePosixPath("libs/contracts/golden")
ASYNCAPI = PurePosixPath("docs/asyncapi.yaml")


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: paths below the checkout."""

    written: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: int
    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: changes that break readers, and files that are not what the models say."""

    contracts: int
    released: str | None
    refused: tuple[Refusal, ...]
    stale: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Nothing has to be done."""
        return not self.refused and not self.stale


def export_contracts(checkout: Path, *, replace: bool = False) -> Exported:
    """Write every schema, sample and the AsyncAPI document; nothing at all when a change is refused.

    `replace`: versions that are not released yet may take another shape, and unreleased types may go.
    """
    refused = _refused(checkout, newest_release(checkout), with_exported=not replace)
    if refused:
        return Exported((), (), 0, tuple(refused))
    files = _files(checkout)
    changed = [path for path, content in files.items() if _read(checkout / path) != content]
    superfluous = _superfluous(checkout, files)
    for path in changed:
        replace_file(checkout / path, files[path])
    for path in superfluous:
        (checkout / path).unlink()
    return Exported(tuple(map(str, changed)), tuple(map(str, superfluous)), len(files) - len(changed), ())


def check_contracts(checkout: Path, against: str | None = None) -> Checked:
    """Compare the models with what is exported, with the newest release and with the revision `against`.

    Raises RevisionUnreadable when git does not know `against`.
    """
    released = newest_release(checkout)
    refused = _refused(checkout, released, with_exported=True)
    if against is not None:
        refused += _refusals(schemas_at(checkout, against, SCHEMAS))
    files = _files(checkout)
    stale = [f"{path} is not current" for path, content in files.items() if _read(checkout / path) != content]
    stale += [f"{path} belongs to no contract" for path in _superfluous(checkout, files)]
    stale += _incomplete(files)
    return Checked(len(current_schemas()), released, tuple(dict.fromkeys(refused)), tuple(stale))


def _refused(checkout: Path, released: str | None, *, with_exported: bool) -> list[Refusal]:
    found: list[Refusal] = []
    if with_exported:
        found += _refusals(_exported_schemas(checkout))
    found += _refusals(schemas_of_last_release(checkout, SCHEMAS))
    if released is not None:
        found += _refusals(schemas_at(checkout, released, SCHEMAS))
    return list(dict.fromkeys(found))


def _refusals(released: Mapping[Contract, Schema]) -> list[Refusal]:
    return refusals(released, current_schemas(), UPCASTERS.keys())


def _exported_schemas(checkout: Path) -> dict[Contract, Schema]:
    paths = (checkout / SCHEMAS).glob("*/*.json")
    return {contract_at(path): orjson.loads(path.read_bytes()) for path in paths}


def _files(checkout: Path) -> dict[PurePosixPath, bytes]:
    """Everything that should be there: the newest versions as the models say, older ones as they are."""
    current = current_schemas()
    newest = {(contract.context, contract.type): contract.version for contract in current}
    schemas = {**_exported_schemas(checkout)}
    schemas = {
        contract: schema
        for contract, schema in schemas.items()
        if contract.version < newest.get((contract.context, contract.type), 0)
    } | dict(current)
    files = {SCHEMAS / golden_path(contract): _pretty(schema) for contract, schema in schemas.items()}
    for contract, body in renewed_golden(read_golden(checkout / GOLDEN)).items():
        files[GOLDEN / golden_path(contract)] = body + b"\n"
    files[ASYNCAPI] = yaml.safe_dump(
        whole_asyncapi_document(), sort_keys=False, allow_unicode=True, width=110
    ).encode()
    return dict(sorted(files.items()))


def _superfluous(checkout: Path, files: Mapping[PurePosixPath, bytes]) -> list[PurePosixPath]:
    there = [path for folder in (SCHEMAS, GOLDEN) for path in (checkout / folder).glob("*/*.json")]
    relative = [PurePosixPath(path.relative_to(checkout).as_posix()) for path in there]
    return sorted(path for path in relative if path not in files)


def _incomplete(files: Mapping[PurePosixPath, bytes]) -> Sequence[str]:
    """Every version that the models know of, down to 1, has its schema and its sample."""
    missing: list[str] = []
    for contract in current_schemas():
        for version in range(1, contract.version):
            earlier = golden_path(Contract(contract.context, contract.type, version))
            missing += [
                f"{folder / earlier} is missing"
                for folder in (SCHEMAS, GOLDEN)
                if folder / earlier not in files
            ]
    return missing


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _pretty(schema: Schema) -> bytes:
    return orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
