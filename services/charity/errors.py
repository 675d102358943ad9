"""What can go wrong in charity, each named as the fact."""

from collections.abc import Sequence
from pathlib import Path


class CharityError(Exception):
    """Base of charity's errors."""

    code = "charity_error"


class ProgrammeFileUnusable(CharityError):
    """A programme's file cannot be read or contradicts itself or another."""

    code = "programme_file_unusable"

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        super().__init__(f"programme file {path.name}: {'; '.join(faults)}")
