"""Master keys: a small ring in a file outside the database. It wraps the data keys and roots the pseudonyms.

The pseudonym root is separate from the master keys, because master keys rotate and person ids must not.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.privacy.errors import KeyBroken, MasterKeyFileUnusable, MasterKeyMissing
from libs.privacy.sealing import KEY_BYTES, NONCE_BYTES, DataKey

RandomSource = Callable[[int], bytes]

_FORMAT = "huiji-master-keys-1"
_OPEN_TO_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key as it is stored: `wrapped` is nonce and ciphertext (60 bytes) under master key `master_key_id`."""

    key_id: str
    owner: str
    master_key_id: str
    wrapped: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MasterKeyRing:
    """Every master key that may still wrap a data key, by id; new keys are wrapped under `active`."""

    active: str
    keys: Mapping[str, bytes] = field(repr=False)
    pseudonym_root: bytes = field(repr=False)

    def pseudonym_secret(self) -> bytes:
        """The 32 bytes for `Pseudonymiser`; the same for the life of the deployment."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"huiji/pseudonym/v1").derive(
            self.pseudonym_root
        )

    def wrap(self, owner: str, key: DataKey, nonce_source: RandomSource = os.urandom) -> WrappedKey:
        """Wrap under the active master key, bound to the key's id and owner: rows cannot be swapped."""
        nonce = nonce_source(NONCE_BYTES)
        ciphertext = AESGCM(self.keys[self.active]).encrypt(nonce, key.secret, _bound_to(key.key_id, owner))
        return WrappedKey(key.key_id, owner, self.active, nonce + ciphertext)

    def unwrap(self, stored: WrappedKey) -> DataKey:
        """Raises MasterKeyMissing when the ring is the wrong one, KeyBroken when the row is."""
        master_key = self.keys.get(stored.master_key_id)
        if master_key is None:
            raise MasterKeyMissing(stored.master_key_id)
        nonce, ciphertext = stored.wrapped[:NONCE_BYTES], stored.wrapped[NONCE_BYTES:]
        try:
            secret = AESGCM(master_key).decrypt(nonce, ciphertext, _bound_to(stored.key_id, stored.owner))
        except (InvalidTag, ValueError) as error:
            raise KeyBroken(stored.key_id) from error
        return DataKey(stored.key_id, secret)


def create_master_key(path: Path, random: RandomSource = os.urandom) -> MasterKeyRing:
    """Write a new ring of one key to `path` (mode 0600). Raises MasterKeyFileUnusable when the file exists."""
    master_key_id = _new_id(random)
    ring = MasterKeyRing(master_key_id, {master_key_id: random(KEY_BYTES)}, random(KEY_BYTES))
    try:
        _write(path, ring)
    except FileExistsError as error:
        raise MasterKeyFileUnusable(
            path, "it exists, and overwriting it would lose every sealed field"
        ) from error
    return ring


def read_master_key(path: Path) -> MasterKeyRing:
    """The ring in `path`. Raises MasterKeyFileUnusable when it is absent, malformed or readable by others."""
    try:
        mode = path.stat().st_mode & 0o777
        content = path.read_bytes()
    except OSError as error:
        raise MasterKeyFileUnusable(path, error.strerror or "it cannot be read") from error
    if mode & _OPEN_TO_OTHERS:
        raise MasterKeyFileUnusable(path, f"mode {mode:04o} opens it to others; it must be 0600 or 0400")
    try:
        return _decode(content)
    except (ValueError, KeyError, TypeError, AttributeError):
        # No cause: the decoder's error would quote the content.
        raise MasterKeyFileUnusable(path, "it is not a key ring of this version") from None


def add_master_key(path: Path, random: RandomSource = os.urandom) -> str:
    """Put a new master key into the ring without using it yet; its id.

    Rotation has steps because processes read the ring once, at start: add, restart all, activate, restart all,
    rewrap, retire. At no step meets a process a key that it cannot unwrap.
    """
    ring = read_master_key(path)
    master_key_id = _new_id(random)
    _overwrite(path, replace(ring, keys={**ring.keys, master_key_id: random(KEY_BYTES)}))
    return master_key_id


def activate_master_key(path: Path, master_key_id: str) -> None:
    """Wrap new keys under `master_key_id` from the next start on. Raises MasterKeyMissing for an unknown id."""
    ring = read_master_key(path)
    if master_key_id not in ring.keys:
        raise MasterKeyMissing(master_key_id)
    _overwrite(path, replace(ring, active=master_key_id))


def retire_master_key(path: Path, master_key_id: str, still_used: Mapping[str, int]) -> None:
    """Remove a master key for good: all copies of keys wrapped under it (write-ahead log, backups) become noise.

    `still_used` is what `KeyStore.master_keys_in_use` says now. Raises ValueError for the active key or one
    that still wraps a live key.
    """
    ring = read_master_key(path)
    if master_key_id == ring.active:
        raise ValueError(f"master key {master_key_id} is the active one")
    if still_used.get(master_key_id, 0):
        raise ValueError(
            f"master key {master_key_id} still wraps {still_used[master_key_id]} keys: rewrap first"
        )
    if master_key_id not in ring.keys:
        raise MasterKeyMissing(master_key_id)
    _overwrite(path, replace(ring, keys={k: v for k, v in ring.keys.items() if k != master_key_id}))


def _new_id(random: RandomSource) -> str:
    return f"m_{random(8).hex()}"


def _bound_to(key_id: str, owner: str) -> bytes:
    return f"wrap1\0{key_id}\0{owner}".encode()


def _decode(content: bytes) -> MasterKeyRing:
    document = orjson.loads(content)
    if document["format"] != _FORMAT:
        raise ValueError("another format")
    keys = {master_key_id: bytes.fromhex(text) for master_key_id, text in document["master_keys"].items()}
    ring = MasterKeyRing(document["active"], keys, bytes.fromhex(document["pseudonym_root"]))
    if ring.active not in keys or any(len(key) != KEY_BYTES for key in (*keys.values(), ring.pseudonym_root)):
        raise ValueError("a key is missing or has the wrong length")
    return ring


def _encode(ring: MasterKeyRing) -> bytes:
    document = {
        "format": _FORMAT,
        "active": ring.active,
        "master_keys": {master_key_id: key.hex() for master_key_id, key in ring.keys.items()},
        "pseudonym_root": ring.pseudonym_root.hex(),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _write(path: Path, ring: MasterKeyRing) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_encode(ring))
        file.flush()
        os.fsync(file.fileno())


def _overwrite(path: Path, ring: MasterKeyRing) -> None:
    """Replace the file in one step: a crash leaves the old ring or the new one, never half of one."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    _write(beside, ring)
    beside.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
