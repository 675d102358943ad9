"""What all published events share: immutability, the shard key, and the subject that is parked as one."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, JsonValue
from pydantic_core import CoreSchema, core_schema

PersonId = Annotated[
    str, Field(pattern=r"^p_[0-9a-f]{32}$", description="keyed pseudonym of the identity number")
]
Sealed = Annotated[
    str, Field(pattern=r"^s1\.[0-9a-f]{32}\.[A-Za-z0-9_-]+$", description="ciphertext under the person's key")
]
Fen = Annotated[int, Field(ge=0, description="amount in fen, 1/100 yuan")]


class _Unasked:
    """Not checked when a model is made in Python: pydantic would ask a function about every node of a tree."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(handler(source), core_schema.any_schema())


JsonTree = Annotated[JsonValue, _Unasked()]
"""Plain JSON of our own making, as large as an explanation: checking one took a third of what evaluating takes."""

_put = object.__setattr__


def written(fields: Mapping[str, Any]) -> bytes:
    """UTF-8 JSON of a model's fields, in their order: what pydantic would write, in less than half of its time."""
    return orjson.dumps(fields, default=vars, option=orjson.OPT_UTC_Z)


if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class _PlainChecks(ModelMetaclass):
    """Models whose `isinstance` is the interpreter's own.

    pydantic's are abstract base classes, which answer "no" ten times as slowly; `match` asks that of every event for
    every case before the right one.
    """

    __instancecheck__ = type.__instancecheck__
    __subclasscheck__ = type.__subclasscheck__


class Model(BaseModel, metaclass=_PlainChecks):
    """An immutable value inside an event. Unknown fields are ignored: a reader outlives a writer's additions.

    Validation errors do not quote their input: a personal text in a wrong field must not get into a log that way.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @classmethod
    def of_checked(cls, rows: Iterable[dict[str, Any]]) -> tuple[Self, ...]:
        """Models of values that their maker has checked: in each row all fields, in their order, of their types.

        For the lines of bills, of which a claim has dozens: a quarter of what the checking constructor takes, which is
        still less than `model_construct` takes.
        """
        made = []
        for values in rows:
            one = cls.__new__(cls)
            _put(one, "__dict__", values)
            _put(one, "__pydantic_fields_set__", set())
            _put(one, "__pydantic_extra__", None)
            _put(one, "__pydantic_private__", None)
            made.append(one)
        return tuple(made)


class Event(Model):
    """A fact in the past tense. Its type is the class name; a changed shape raises `schema_version`."""

    schema_version: ClassVar[int] = 1

    def shard_key(self) -> str:
        """Events with the same key keep their order."""
        raise NotImplementedError

    def subject(self) -> str:
        """What the event is about. Events of one subject are parked together when one cannot be processed."""
        raise NotImplementedError


class PersonEvent(Event):
    """An event about a person. All that concerns a person shares one shard: accumulators need the order."""

    person_id: PersonId

    def shard_key(self) -> str:
        return self.person_id

    def subject(self) -> str:
        return f"person-{self.person_id}"


class ClaimEvent(PersonEvent):
    """An event about one claim: the claim is its subject in every service."""

    claim_id: str

    def subject(self) -> str:
        return f"claim-{self.claim_id}"
