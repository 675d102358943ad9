"""The typed corner of asyncpg that the kernel uses."""

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import asyncpg.protocol.protocol

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Row: TypeAlias = asyncpg.Record
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]

_CONTAINERS: tuple[type, ...] = (list, tuple, set, frozenset, type({}.keys()), type({}.values()))

# asyncpg asks of every value of every array whether it is an array itself, by abstract base classes: that was an eighth
# of the read model's processor time. What we pass as arrays is of these types; anything else is refused as ever.
asyncpg.protocol.protocol.IterableABC = _CONTAINERS  # type: ignore[attr-defined]
asyncpg.protocol.protocol.SizedABC = _CONTAINERS  # type: ignore[attr-defined]

#: What asyncpg raises, beside OSError, when an address is none, nobody is there, or who is there lets nobody in: for
#: tools that say so in a line. A wrong statement is none of these.
DATABASE_AWAY = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


async def open_pool(
    url: str,
    schema: str,
    *,
    size: int,
    settings: Mapping[str, str] = MappingProxyType({}),
    on_connect: "Callable[[asyncpg.Connection[asyncpg.Record]], Coroutine[None, None, None]] | None" = None,
) -> "Pool":
    """A pool whose connections see `schema` first. `size` bounds the connections of this process.

    `settings` are further settings of the server's, for these connections; `on_connect` is told of each new one.
    """
    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=size,
        server_settings={
            "search_path": f'"{schema}"',
            "application_name": f"huiji-{schema}",
            "timezone": "UTC",
            # Statements here touch few rows by index; compiling them costs more than it saves.
            "jit": "off",
            # Nor does planning them anew for what an array holds this time: it took as long as carrying them out.
            "plan_cache_mode": "force_generic_plan",
            **settings,
        },
        command_timeout=60,
        init=on_connect,
        # The pool would spend a round trip per transaction on resetting a session in which nothing is ever set.
        reset=_leave_as_it_is,
    )


async def _leave_as_it_is(connection: "Connection") -> None:
    return
