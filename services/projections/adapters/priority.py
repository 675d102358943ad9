"""The database's processes that work for a rebuild have its priority, where they run beside it and it may say so."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def share_priority(connection: "Connection") -> None:
    """Give the server process of a connection the priority of this one, so that live goes before both.

    Nothing happens where the server is on another machine or belongs to somebody else: it is a courtesy. Half of what a
    rebuild takes is the database's work. It is lowered and no more: a process that may never run would keep the locks
    that it holds from live.
    """
    if await connection.fetchval("select inet_server_addr()") is not None:
        return
    _lower(await connection.fetchval("select pg_backend_pid()"))


def _lower(process_id: int) -> None:
    with suppress(OSError):
        # In a container of its own the server counts its processes otherwise, and the number may be anybody's.
        if Path(f"/proc/{process_id}/cmdline").read_bytes().startswith(b"postgres:"):
            os.setpriority(os.PRIO_PROCESS, process_id, os.getpriority(os.PRIO_PROCESS, 0))
