"""What differs between two states, money first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MONEY = "_fen"
#: What everything amounts to, before the amounts that it is made of.
SUMS = "money."


@dataclass(frozen=True, slots=True)
class Change:
    """A field that is another at the later moment; None: it is not there."""

    path: str
    before: Any
    after: Any

    @property
    def is_money(self) -> bool:
        """Whether the field is an amount in fen."""
        return any(part.endswith(_MONEY) for part in self.path.split(".")[-2:])

    @property
    def difference_fen(self) -> int | None:
        """By how much an amount changed; an amount that is not there counts as 0."""
        numbers = (self.before or 0, self.after or 0)
        return numbers[1] - numbers[0] if self.is_money and all(isinstance(n, int) for n in numbers) else None


def changes(before: Any, after: Any) -> list[Change]:
    """Every field whose value differs: the sums of money first, other amounts next, then in order of their names."""
    old, new = dict(_flat(before, "")), dict(_flat(after, ""))
    found = [
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]
    return sorted(
        found, key=lambda change: (not change.path.startswith(SUMS), not change.is_money, change.path)
    )


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Leaves by dotted path. An empty object or list is as good as none."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _flat(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _flat(part, f"{path}[{index}]")
    elif value is not None:
        yield path, value
