"""Reading a part of an event: a view has some of its fields, decoded from the same bytes, and passes the rest over.

A contract checks all of an event in Python objects. Who needs a tenth of it, a million times, reads a view instead:
a replay's rate is that of what it looks at. What was recorded has been checked by its writer, and its hash covers it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from libs.contracts.event import Event
from libs.contracts.registry import decode, latest_version, newest_body


class View(msgspec.Struct, frozen=True, gc=False):
    """Some fields of one event, under the contract's names, with the contract's defaults for those that have one.

    Of a field that is a model the view names what it needs in a View of its own. Unknown fields are passed over.
    """


class Views:
    """Views by event type: how one reader sees the events that it handles.

    `tests/unit/contracts/test_views.py` holds every view against its contract.
    """

    def __init__(self, views: Mapping[type[Event], type[View]]) -> None:
        self.by_contract = views
        self._readers: dict[str, tuple[int, Callable[[bytes], Any]]] = {
            kind.__name__: (latest_version(kind.__name__), msgspec.json.Decoder(view).decode)
            for kind, view in views.items()
        }

    def decode(self, type_name: str, version: int, body: bytes) -> Any:
        """The event as this reader sees it, whatever version it was written in. Raises as `contracts.decode` does."""
        known, read = self._readers[type_name]
        try:
            return read(body if version == known else newest_body(type_name, version, body))
        except msgspec.DecodeError:
            # The contract says what is wrong, naming fields and no values.
            decode(type_name, version, body)
            raise

    def read(self, type_name: str, version: int, body: bytes) -> Any:
        """As `decode`; an event of which there is no view as its contract has it."""
        return (self.decode if type_name in self._readers else decode)(type_name, version, body)
