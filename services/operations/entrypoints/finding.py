"""Find the platform that a command talks to: one that is named, else the one that runs in this checkout."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from libs.eventlog import SourceUnreachable
from libs.eventlog.database import DATABASE_AWAY
from libs.eventlog.errors import ArchiveAway, ArchiveDamaged
from libs.runtime.staff import Role
from services.operations.adapters.announcing import (
    FILE,
    NoPlatform,
    NoSuchService,
    RunningAt,
    read_announcement,
)
from services.operations.adapters.asking import Refused
from services.operations.adapters.credentials import NotProven, proven
from services.operations.entrypoints.exits import NO, UNREACHABLE, WRONG_CALL
from services.operations.entrypoints.output import refuse
from services.operations.entrypoints.places import DEMO, UP, shown

VARIABLE = "HUIJI_PLATFORM"

ActingBy = Annotated[
    str,
    typer.Option(
        "--by",
        help="Whose staff token is shown, on this machine's platform; else the token of $HUIJI_STAFF_TOKEN.",
    ),
]

PlatformFile = Annotated[
    Path | None,
    typer.Option("--platform", help=f"JSON file with the URLs of a platform's services; else ${VARIABLE}."),
]


def find_platform(file: Path | None) -> RunningAt:
    """The platform of `file`, of $HUIJI_PLATFORM, or that `up` or `demo` runs now. Raises NoPlatform."""
    named = file or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is not None:
        return read_announcement(named)
    places = [directory / "run" / FILE for directory in (UP, DEMO)]
    running = [path for path in places if path.exists()]
    if not running:
        looked = " or ".join(shown(path) for path in places)
        raise NoPlatform(f"no platform runs here (no {looked}); `make up` starts one")
    return read_announcement(max(running, key=lambda path: path.stat().st_mtime))


def who_acts(platform: Path | None, by: str, role: Role) -> str:
    """The id of who acts, as the platform's staff file knows them; ends the command for anybody else."""
    with reaching():
        return proven(find_platform(platform), by, role).id


@contextmanager
def reaching() -> Iterator[None]:
    """Turn a platform that is not there, does not answer or refuses, or a nobody, into words and an exit status."""
    try:
        yield
    except NoSuchService as error:
        refuse(str(error), WRONG_CALL)
    except (NoPlatform, SourceUnreachable) as error:
        refuse(str(error), UNREACHABLE)
    except (ArchiveAway, ArchiveDamaged) as error:
        refuse(f"{error} (huiji archive check says whose events are hit)", NO)
    except httpx2.HTTPError as error:
        where = f" at {error.request.url}" if getattr(error, "_request", None) is not None else ""
        refuse(f"the platform does not answer{where}: {type(error).__name__}", UNREACHABLE)
    except (Refused, NotProven) as error:
        refuse(str(error), NO)
    except (OSError, *DATABASE_AWAY) as error:
        if getattr(error, "filename", None) is not None:  # a file of the operator's
            raise
        refuse(f"the database does not answer: {error}", UNREACHABLE)
