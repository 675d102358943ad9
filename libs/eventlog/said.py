"""No service goes back behind what it has said: code that cannot read its own log would park claims, or forget them."""

from typing import TYPE_CHECKING

from libs.contracts import PUBLISHED, knows
from libs.eventlog.errors import LogIsNewer

if TYPE_CHECKING:
    from libs.eventlog.database import Connection


async def note_said(connection: "Connection", source: str) -> None:
    """Note which versions this code says in the log of `source`. Raises LogIsNewer when it cannot read what is there.

    What newer code could have said is looked for in the log itself: going back is refused only once it has.
    """
    for row in await connection.fetch("select type, version from said order by type, version"):
        if not knows(row["type"], row["version"]) and await connection.fetchval(
            "select exists (select from event where type = $1 and schema_version >= $2)",
            row["type"],
            row["version"],
        ):
            raise LogIsNewer(source, row["type"], row["version"])
    kinds = PUBLISHED.get(source, ())
    await connection.execute(
        "insert into said (type, version) select * from unnest($1::text[], $2::integer[]) on conflict do nothing",
        [kind.__name__ for kind in kinds],
        [kind.schema_version for kind in kinds],
    )
