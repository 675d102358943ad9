"""Begin with nothing: the data of the last run of one directory goes, its logs stay until they are overwritten."""

import shutil
from pathlib import Path

from libs.local_platform import RunLock, private_directory, remove_postgres
from services.operations.adapters.root_witness import ROOT_KEYS


def forget(directory: Path) -> None:
    """Delete database, bank books and keys of a platform that does not run. Raises `AlreadyRunning`."""
    with RunLock(private_directory(directory) / "run"):
        remove_postgres(directory / "postgres")
        for file in (*directory.glob("bank.sqlite*"), *directory.glob("master.key*")):
            file.unlink()
        # What was signed of the data that goes would forbid to sign anything else.
        shutil.rmtree(directory / ROOT_KEYS, ignore_errors=True)
