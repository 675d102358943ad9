"""The schemas of what was released: of a revision, read from git, and of the last release, kept in the checkout."""

import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import orjson

from libs.contracts.golden import contract_at
from libs.contracts.schemas import Contract, Schema

#: The last release's sources (tests/last_release/README.md): git's history and tags need not be there.
KEPT = PurePosixPath("tests/last_release/sources.tar.xz")


class RevisionUnreadable(Exception):
    """Git does not know the revision, or this is no git checkout."""

    code = "revision_unreadable"


def newest_release(checkout: Path) -> str | None:
    """The newest tag `v…` that the present revision contains; None before the first, and outside git."""
    try:
        tags = _git(checkout, "tag", "--list", "v*", "--merged", "HEAD", "--sort=-v:refname").decode().split()
    except RevisionUnreadable:
        return None
    return tags[0] if tags else None


def schemas_at(checkout: Path, revision: str, folder: PurePosixPath) -> Mapping[Contract, Schema]:
    """The event schemas below `folder` at a revision; none when it has no such folder. Raises RevisionUnreadable."""
    listed = _git(checkout, "ls-tree", "-d", "--name-only", f"{revision}^{{commit}}", str(folder))
    if not listed.strip():
        return {}
    archive = _git(checkout, "archive", "--format=tar", f"{revision}^{{commit}}", str(folder))
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return _schemas_in(files, folder)


def schemas_of_last_release(checkout: Path, folder: PurePosixPath) -> Mapping[Contract, Schema]:
    """The event schemas below `folder` of the release that is kept in the checkout; none when none is kept."""
    if not (checkout / KEPT).exists():
        return {}
    with tarfile.open(checkout / KEPT) as files:
        return _schemas_in(files, folder)


def _schemas_in(files: tarfile.TarFile, folder: PurePosixPath) -> Mapping[Contract, Schema]:
    found: dict[Contract, Schema] = {}
    for member in files:
        content = files.extractfile(member) if PurePosixPath(member.name).is_relative_to(folder) else None
        if content is not None:
            found[contract_at(Path(member.name))] = orjson.loads(content.read())
    return found


def _git(checkout: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(checkout), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise RevisionUnreadable("git is not installed") from error
    if done.returncode:
        raise RevisionUnreadable(done.stderr.decode(errors="replace").strip())
    return done.stdout
