"""The last wall around a replay: once sealed, a process opens no socket, starts no program, writes nowhere else.

The first wall is the structure: what a replay imports has no effect in it (an import contract), so there is nothing to
call. This one holds for what nobody thought of. It is an audit hook of the interpreter: it cannot be taken off again,
and it is asked before the system is. Native code is not asked, so clients that talk by themselves may not be loaded.
"""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

_REFUSED_PREFIXES = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.spawn",
    "os.posix_spawn",
    "os.startfile",
    "pty.",
)
_REFUSED = frozenset({"os.system", "os.fork", "os.forkpty", "os.kill", "ctypes.dlopen", "urllib.Request"})
_REFUSED |= {"ftplib.connect", "http.client.connect", "smtplib.connect", "webbrowser.open", "sqlite3.connect"}
#: Audit events that name a path which they change; the number is how many leading arguments are paths.
_CHANGES = {
    "os.mkdir": 1,
    "os.remove": 1,
    "os.rmdir": 1,
    "os.truncate": 1,
    "os.chmod": 1,
    "os.chown": 1,
    "os.rename": 2,
    "os.link": 2,
    "os.symlink": 2,
    "shutil.rmtree": 1,
    "shutil.move": 2,
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: What reaches the outside from native code, or is made to; not loaded at the seal and not after it.
CLIENTS = frozenset(
    {
        "aiohttp",
        "aiokafka",
        "asyncpg",
        "confluent_kafka",
        "faststream",
        "httpcore",
        "httpx",
        "httpx2",
        "psycopg",
        "requests",
        "smtplib",
        "ftplib",
        "uvicorn",
        "uvloop",
    }
)


class NotSealable(Exception):
    """The process has loaded something that could reach the outside unseen."""

    code = "not_sealable"

    def __init__(self, clients: list[str]) -> None:
        super().__init__(f"a replay does not run beside {', '.join(clients)}")


class EffectRefused(PermissionError):
    """A replay tried to touch the outside; nothing has happened."""

    code = "effect_refused"

    def __init__(self, what: str) -> None:
        super().__init__(f"a replay has no effects: {what} was refused")


@dataclass(frozen=True)
class Seal:
    """The seal of this process, and what it refused. A refusal that somebody swallowed is still here."""

    writable: tuple[str, ...]
    refused: list[str] = field(default_factory=list)


def seal_process(*writable: Path) -> Seal:
    """Seal this process for good; only below `writable` it may change files. Raises NotSealable."""
    loaded = sorted(CLIENTS & sys.modules.keys())
    if loaded:
        raise NotSealable(loaded)
    seal = Seal(tuple(str(path.resolve()) for path in writable))

    def look(event: str, arguments: tuple[object, ...]) -> None:
        what = _outside(event, arguments, seal.writable)
        if what is not None:
            seal.refused.append(what)
            raise EffectRefused(what)

    sys.addaudithook(look)
    return seal


def _outside(event: str, arguments: tuple[object, ...], writable: tuple[str, ...]) -> str | None:
    """What would touch the outside, in words; None for everything else. Called for every audit event: quick first."""
    if event == "import":
        name = str(arguments[0]).partition(".")[0]
        return f"loading {name}" if name in CLIENTS else None
    if event == "open":
        path, _, flags = arguments
        if not (isinstance(flags, int) and flags & _WRITES) or isinstance(path, int):
            return None
        return None if _within(path, writable) else f"writing {os.fsdecode(str(path))}"
    if event in _CHANGES:
        paths = arguments[: _CHANGES[event]]
        return None if all(_within(path, writable) for path in paths) else f"{event} {paths}"
    if event in _REFUSED or event.startswith(_REFUSED_PREFIXES):
        return event
    return None


def _within(path: object, writable: tuple[str, ...]) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    where = os.path.realpath(os.fsdecode(path))
    return where == os.devnull or any(where == root or where.startswith(root + os.sep) for root in writable)
