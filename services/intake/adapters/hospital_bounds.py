"""Hospitals that may have more submissions in hand at once than others, or fewer: a file that a person keeps (YAML).

hospitals:
  - {id: H37070200301, in_hand: 1500, why: "city clearing house, sends for four hospitals"}
"""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from libs.runtime.watched_file import read_edited


class _Hospital(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")
    in_hand: int = Field(ge=1)
    why: str = Field(min_length=1, description="who agreed to it, and on what grounds")


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    hospitals: tuple[_Hospital, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.id for one in self.hospitals}) != len(self.hospitals):
            raise ValueError("a hospital stands in it twice")
        return self


class HospitalBoundsUnusable(Exception):
    """The file cannot be read or does not say what it should."""

    code = "hospital_bounds_unusable"


def read_bounds(path: Path) -> dict[str, int]:
    """How many submissions each hospital in the file may have in hand. Raises HospitalBoundsUnusable."""
    listed = read_edited(path, _File.model_validate, HospitalBoundsUnusable)
    return {one.id: one.in_hand for one in listed.hospitals}
