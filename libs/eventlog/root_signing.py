"""Published roots are signed by their service: who can write its database and has not its key cannot rewrite its past.

Ed25519 (RFC 8032) over `huiji-root-1\\n` and the 32 bytes of the root's chain, which covers the root and all before it.
Without a memory a service would sign whatever its database says: so the signer keeps every root that it has signed
beside its key, and signs nothing that does not extend the last of them.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from libs.eventlog.day_roots import DayRoot, root_of_json
from libs.eventlog.errors import RootsRewritten, SigningKeyUnusable

_SIGNED_AS = b"huiji-root-1\n"
#: Beside the key: every root that was signed with it, one JSON object a line.
JOURNAL_SUFFIX = ".signed.jsonl"


class RootSigner:
    """Signs the roots of one service's log."""

    def __init__(self, key: Ed25519PrivateKey, journal: Path) -> None:
        self._key = key
        self._journal = journal
        self._last: dict[int, DayRoot] = {}
        self._note(_read_journal(journal))
        self.public_key = key.public_key().public_bytes_raw()

    def signed(self, root: DayRoot) -> DayRoot:
        """The root with this service's signature."""
        return replace(root, key=self.public_key, signature=self._key.sign(_SIGNED_AS + root.chain))

    def last_signed(self, shard: int) -> DayRoot | None:
        """The newest root of a shard that was signed here."""
        return self._last.get(shard)

    def demand_extends(self, shard: int, published: DayRoot | None) -> None:
        """`published`: what the log has now under the number of the last signed root. Raises RootsRewritten."""
        last = self._last.get(shard)
        if last is not None and (published is None or published.chain != last.chain):
            raise RootsRewritten(last.source, shard, last.number)

    def remember(self, roots: Iterable[DayRoot]) -> None:
        """Keep what is published now, durably; call it when the roots are committed."""
        fresh = list(roots)
        if not fresh:
            return
        with self._journal.open("ab") as file:
            file.write(b"".join(orjson.dumps(root.as_json()) + b"\n" for root in fresh))
            file.flush()
            os.fsync(file.fileno())
        self._note(fresh)

    def _note(self, roots: Iterable[DayRoot]) -> None:
        for root in roots:
            known = self._last.get(root.shard)
            if known is None or known.number < root.number:
                self._last[root.shard] = root


def open_signer(key_file: Path) -> RootSigner:
    """The signer of a key file (PEM, PKCS 8). Raises SigningKeyUnusable, without quoting the file."""
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningKeyUnusable(key_file.name, type(error).__name__) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyUnusable(key_file.name, "it is no Ed25519 key")
    return RootSigner(key, journal_of(key_file))


def journal_of(key_file: Path) -> Path:
    """Where the signer of a key keeps what it has signed."""
    return key_file.with_suffix(JOURNAL_SUFFIX)


def create_signing_key(key_file: Path) -> bytes:
    """Make a key for one service, readable by its owner alone; the public key. Raises FileExistsError, OSError."""
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with open(os.open(key_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
    return key.public_key().public_bytes_raw()


def is_signed(root: DayRoot) -> bool:
    """Whether the root's signature is by the key that it names. Whose key that is, is another question."""
    try:
        Ed25519PublicKey.from_public_bytes(root.key).verify(root.signature, _SIGNED_AS + root.chain)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read_journal(journal: Path) -> list[DayRoot]:
    """A last line that a crash has cut off goes: its root is known from the database."""
    if not journal.exists():
        return []
    content = journal.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        os.truncate(journal, len(whole))
    try:
        return [root_of_json(orjson.loads(line)) for line in whole.splitlines()]
    except (KeyError, TypeError, ValueError) as error:
        raise SigningKeyUnusable(journal.name, type(error).__name__) from None
