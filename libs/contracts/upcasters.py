"""Pure steps from one version of an event's JSON to the next, keyed by (type, from version).

A step receives and returns the raw object. It may add what the older writer meant implicitly; it may not guess.
"""

from collections.abc import Callable, Mapping
from typing import Any

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


def _only_more_reasons(raw: dict[str, Any]) -> dict[str, Any]:
    """A newer version that only allows values which older writers never wrote."""
    return raw


UPCASTERS: Mapping[tuple[str, int], Upcaster] = {
    ("ClaimDenied", 1): _only_more_reasons,
    ("ClaimPended", 1): _only_more_reasons,
}
