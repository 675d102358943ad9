"""Sealing what names a person, and telling a changed identity from a repeated one without reading it."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from libs.privacy import DataKey, Erased, KeyStore, Sealer, ToSeal, ToUnseal

CONTEXT: Final = "CoverageActivated.identity"


@dataclass(frozen=True, slots=True)
class SealedIdentity:
    """A sealed identity and its hash under the same key."""

    sealed: str
    digest: str


@dataclass(frozen=True)
class Identities:
    """Seals and opens identities, and keeps no key.

    Only one replica hears of an erasure; the others must neither seal under a dead key nor go on reading.
    """

    keys: KeyStore
    sealer: Sealer

    async def seal(self, people: Sequence[tuple[str, Mapping[str, Any]]]) -> list[SealedIdentity]:
        """One sealed identity per (person id, document), in order; one round trip for all."""
        owners = {person_id for person_id, _ in people}
        try:
            seals = await self.sealer.seal_many(
                [ToSeal(person_id, CONTEXT, document) for person_id, document in people]
            )
            keys = await self.keys.ensure(owners)
        finally:
            self._forget(owners)
        return [
            SealedIdentity(sealed, _digest(keys[person_id], document))
            for (person_id, document), sealed in zip(people, seals, strict=True)
        ]

    async def open(self, person_id: str, sealed: str) -> dict[str, Any] | None:
        """The identity; None when the person was erased."""
        try:
            document = (await self.sealer.unseal_many([ToUnseal(sealed, CONTEXT)]))[0]
        finally:
            self._forget({person_id})
        return None if isinstance(document, Erased) else document

    async def key_id(self, person_id: str) -> str:
        """The id of the person's live key, made when there is none."""
        self._forget({person_id})
        try:
            return (await self.keys.ensure([person_id]))[person_id].key_id
        finally:
            self._forget({person_id})

    def _forget(self, owners: set[str]) -> None:
        for owner in owners:
            self.keys.forget(owner)


def _digest(key: DataKey, document: Mapping[str, Any]) -> str:
    """Under the person's own key: when it is destroyed, nobody can try identities against the digest."""
    content = b"huiji/identity-digest/v1\0" + orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
    return hmac.digest(key.secret, content, "sha256").hex()
