"""Sealing and unsealing for a batch of events: one round trip to the key store for all of them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from libs.privacy.errors import KeyDestroyed
from libs.privacy.keys import KeyStore
from libs.privacy.sealing import DataKey, NonceSource, key_id_of, seal_json, unseal_json


@dataclass(frozen=True, slots=True)
class Erased:
    """What is left of a sealed document whose person was erased."""

    key_id: str


class ToSeal(NamedTuple):
    """A document and where it will stand: `owner` is a person id or `r_<refusal id>`, `context` "Event.field"."""

    owner: str
    context: str
    document: Mapping[str, Any]


class ToUnseal(NamedTuple):
    """A seal and where it stood: `context` is the one it was sealed with."""

    sealed: str
    context: str


class Sealer:
    """Seals JSON objects under their owners' keys and opens them again."""

    def __init__(self, keys: KeyStore, nonce_source: NonceSource = os.urandom) -> None:
        self._keys = keys
        self._nonce_source = nonce_source

    async def seal_many(self, items: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[str]:
        """The seals of `ToSeal` items, in their order. Creates keys for owners who have none."""
        keys = await self._keys.ensure({owner for owner, _, _ in items})
        return [
            seal_json(keys[owner], document, context, self._nonce_source)
            for owner, context, document in items
        ]

    async def unseal_many(self, items: Sequence[tuple[str, str]]) -> list[dict[str, Any] | Erased]:
        """The documents of `ToUnseal` items, in their order; `Erased` where the key was destroyed.

        Raises SealBroken, KeyUnknown or KeyBroken for the first item that should open and does not: the caller
        isolates and parks it as any poisoned event.
        """
        key_ids = [key_id_of(sealed, context) for sealed, context in items]
        openings = await self._keys.open(set(key_ids))
        documents: list[dict[str, Any] | Erased] = []
        for (sealed, context), key_id in zip(items, key_ids, strict=True):
            match openings[key_id]:
                case DataKey() as key:
                    documents.append(unseal_json(key, sealed, context))
                case KeyDestroyed():
                    documents.append(Erased(key_id))
                case failure:
                    raise failure
        return documents
