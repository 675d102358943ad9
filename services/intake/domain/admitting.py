"""How much of what hospitals send is in hand at once, and how it is shared: the backlog of one leaves room for others.

In hand is what was taken in and is not answered yet. Time and rates come in as values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from services.intake.domain.filing import Asked
from services.intake.domain.refusing import Refusing

#: The last quarter of all places is for hospitals that hold few: each at most a sixteenth of what is still free then,
#: or one. So a desk finds room for its claim while dozens of others pour in all they may.
LAST_PART: Final = 4
PART_OF_REST: Final = 16
#: A body takes this part of what is left at most, so arrays are turned away long before single settlements are.
BODY_SHARE: Final = 2
#: Retry-After while nothing was measured, and its limits: sooner is no use, and later nobody can know.
UNKNOWN_SECONDS: Final = 1
LONGEST_SECONDS: Final = 60
#: Whose hospital nothing tells.
UNNAMED: Final = ""


@dataclass(frozen=True)
class Bounds:
    """How many submissions are in hand: in all, of one hospital, of one hospital's arrays.

    `exceptions` are hospitals with another bound. Arrays keep to half of a hospital's bound: its own desk goes on.
    """

    total: int
    per_hospital: int
    of_arrays: int
    exceptions: Mapping[str, int] = field(default_factory=dict)

    def of(self, hospital_id: str, *, arrays: bool = False) -> int:
        """The hospital's bound, at least 1."""
        bound = self.exceptions.get(hospital_id, self.per_hospital)
        return max(1, min(self.of_arrays, bound // 2)) if arrays else bound


def may_enter(held: int, bound: int, free: int, total: int) -> bool:
    """Whether a hospital that holds `held` places may have another while `free` of `total` are left."""
    if free <= total // LAST_PART:
        return free > 0 and held < min(bound, max(1, free // PART_OF_REST))
    return held < bound


def body_may_be_read(size: int, in_hand: int, limit: int) -> bool:
    """Whether a body of `size` bytes may be taken in beside `in_hand` bytes of others."""
    return BODY_SHARE * size <= limit - in_hand


def seconds_to_work_off(held: Mapping[str, int], hospital_id: str, per_second: float | None) -> int:
    """When what a hospital has in hand is done, as hospitals are served in turn: for its Retry-After.

    Until its last one is done each other hospital gets as many turns, or as many as it has.
    """
    own = held.get(hospital_id, 0)
    return _seconds(sum(min(own, other) for other in held.values()), per_second)


def seconds_for_all(held: Mapping[str, int], per_second: float | None) -> int:
    """When all that is in hand is done."""
    return _seconds(sum(held.values()), per_second)


def _seconds(count: int, per_second: float | None) -> int:
    if not per_second:
        return UNKNOWN_SECONDS
    return min(LONGEST_SECONDS, max(1, ceil(count / per_second)))


def hospital_of(item: Asked | Refusing) -> str:
    """Whose place something takes. What names no hospital takes its caller's, or else one of `UNNAMED`."""
    if isinstance(item, Refusing):
        return item.hospital_id or item.sending.filed_by or UNNAMED
    return item.name[0]
