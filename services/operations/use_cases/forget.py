"""Begin with nothing: the data of the last run of one directory goes, its logs stay until they are overwritten."""

from pathlib import Path

from libs.local_platform import RunLock, private_directory, remove_postgres


def forget(directory: Path) -> None:
    """Delete database, bank books and keys of a platform that does not run. Raises `AlreadyRunning`."""
    with RunLock(private_directory(directory) / "run"):
        remove_postgres(directory / "postgres")
        for file in (*directory.glob("bank.sqlite*"), *directory.glob("master.key*")):
            file.unlink()
