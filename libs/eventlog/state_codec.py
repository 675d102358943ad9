"""States as bytes and back: MessagePack of Structs and dataclasses, events in them as they are recorded."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from pydantic import BaseModel

from libs import contracts
from libs.contracts import Event

S = TypeVar("S")

_NO_FORMS: Final[Mapping[type, "Form"]] = MappingProxyType({})


class Form(NamedTuple):
    """How a value of one type is kept: as what, and how that is read."""

    kept: Callable[[Any], object]
    read: Callable[[Any], object]


class StateCodec(Generic[S]):
    """Writes and reads states of `shape`. `forms` are of types of the service's own that are no Structs."""

    def __init__(self, shape: type[S], forms: Mapping[type, Form] = _NO_FORMS) -> None:
        self._forms = forms
        self._encoder = msgspec.msgpack.Encoder(enc_hook=self._kept)
        self._decoder = msgspec.msgpack.Decoder(shape, dec_hook=self._read)

    def encode(self, state: S) -> bytes:
        """The state's bytes. Mappings keep their order: states rely on it."""
        return self._encoder.encode(state)

    def decode(self, kept: bytes) -> S:
        """The inverse of `encode`. Raises msgspec's or a contract's error for anything else."""
        return self._decoder.decode(kept)

    def _kept(self, value: Any) -> object:
        if isinstance(value, Event):
            return (contracts.event_type(value), value.schema_version, contracts.encode(value))
        if isinstance(value, BaseModel):
            return value.model_dump_json().encode()
        if isinstance(value, MappingProxyType):
            return dict(value)
        form = self._forms.get(type(value))
        if form is None:
            raise NotImplementedError(f"a state cannot be kept with a {type(value).__name__}")
        return form.kept(value)

    def _read(self, shape: type, kept: Any) -> object:
        form = self._forms.get(shape)
        if form is not None:
            return form.read(kept)
        if issubclass(shape, Event):
            return contracts.decode(*kept)
        if issubclass(shape, BaseModel):
            return shape.model_validate_json(kept)
        raise NotImplementedError(f"a state is not kept with a {shape.__name__}")
