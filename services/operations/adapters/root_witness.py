"""The keys that the services of a platform on one machine sign their roots with, and what each has signed so far.

What was signed is kept outside of the database: `huiji verify` compares it with what is published now.
"""

from collections.abc import Sequence
from pathlib import Path

from libs.eventlog.day_roots import DayRoot
from libs.eventlog.root_signing import JOURNAL_SUFFIX, create_signing_key
from libs.proof.cut import read_roots
from services.operations.domain.topology import root_key_file

ROOT_KEYS = "root-keys"


def keys_of_platform(directory: Path, services: Sequence[str]) -> Path:
    """The directory with a key for each service; those that are there stay."""
    directory.mkdir(mode=0o700, exist_ok=True)
    for service in services:
        file = root_key_file(directory, service)
        if not file.exists():
            create_signing_key(file)
    return directory


def signed_roots(directory: Path) -> list[DayRoot]:
    """Every root that was signed with one of these keys. Raises CutUnreadable."""
    journals = sorted(directory.glob(f"*{JOURNAL_SUFFIX}"))
    return [root for journal in journals for root in read_roots(journal)]
