"""Pure steps from one version of an event's JSON to the next, keyed by (type, from version).

A step receives and returns the raw object. It may add what the older writer meant implicitly; it may not guess.
"""

from collections.abc import Callable, Mapping
from typing import Any

UPCASTERS: Mapping[tuple[str, int], Callable[[dict[str, Any]], dict[str, Any]]] = {}
