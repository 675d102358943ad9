"""The master key file: private, never half written, rotated without losing a key or a pseudonym."""

from pathlib import Path
from uuid import uuid4

import pytest

from libs.privacy import DataKey, KeyBroken, MasterKeyFileUnusable, MasterKeyMissing
from libs.privacy.master_key import (
    MasterKeyRing,
    WrappedKey,
    activate_master_key,
    add_master_key,
    create_master_key,
    read_master_key,
    retire_master_key,
)

OWNER = "p_" + "ab" * 16


def a_data_key(secret: bytes = bytes(range(32))) -> DataKey:
    return DataKey(uuid4().hex, secret)


def test_a_ring_is_read_as_it_was_written_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    created = create_master_key(path)
    assert read_master_key(path) == created
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(created.pseudonym_secret()) == 32
    assert created.pseudonym_secret() != created.pseudonym_root


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    created = create_master_key(path)
    with pytest.raises(MasterKeyFileUnusable, match="exists"):
        create_master_key(path)
    assert read_master_key(path) == created


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_master_key(path)
    path.chmod(0o640)
    with pytest.raises(MasterKeyFileUnusable, match="0640"):
        read_master_key(path)


def test_an_absent_file_is_said_to_be_absent(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyFileUnusable, match="No such file"):
        read_master_key(tmp_path / "absent")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b'{"format": "huiji-master-keys-1", "active": "m", "master_keys": {}}',
    ],
)
def test_a_malformed_file_is_refused_without_quoting_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "master.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(MasterKeyFileUnusable) as caught:
        read_master_key(path)
    assert caught.value.__cause__ is None


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    create_master_key(path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(MasterKeyFileUnusable):
            read_master_key(path)


def test_a_wrapped_key_opens_only_in_its_own_row(tmp_path: Path) -> None:
    ring = create_master_key(tmp_path / "master.key")
    key = a_data_key()
    stored = ring.wrap(OWNER, key)
    assert ring.unwrap(stored) == key
    assert key.secret not in stored.wrapped
    for moved in (
        WrappedKey(uuid4().hex, OWNER, stored.master_key_id, stored.wrapped),
        WrappedKey(stored.key_id, "p_" + "cd" * 16, stored.master_key_id, stored.wrapped),
        WrappedKey(stored.key_id, OWNER, stored.master_key_id, stored.wrapped[:-1]),
        WrappedKey(stored.key_id, OWNER, stored.master_key_id, b""),
    ):
        with pytest.raises(KeyBroken):
            ring.unwrap(moved)


def test_rotation_keeps_old_keys_open_and_pseudonyms_stable(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    before = create_master_key(path)
    stored = before.wrap(OWNER, a_data_key())

    added = add_master_key(path)
    assert read_master_key(path).active == before.active
    activate_master_key(path, added)

    after = read_master_key(path)
    assert after.active == added
    assert after.unwrap(stored) == before.unwrap(stored)
    assert after.pseudonym_secret() == before.pseudonym_secret()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_retired_master_key_makes_old_copies_of_wrapped_keys_noise(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    before = create_master_key(path)
    from_a_backup = before.wrap(OWNER, a_data_key())
    activate_master_key(path, add_master_key(path))

    with pytest.raises(ValueError, match="rewrap first"):
        retire_master_key(path, before.active, still_used={before.active: 1})
    retire_master_key(path, before.active, still_used={})

    with pytest.raises(MasterKeyMissing):
        read_master_key(path).unwrap(from_a_backup)


def test_the_active_master_key_cannot_be_retired_nor_an_unknown_one_activated(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    ring = create_master_key(path)
    with pytest.raises(ValueError, match="active"):
        retire_master_key(path, ring.active, still_used={})
    with pytest.raises(MasterKeyMissing):
        activate_master_key(path, "m_unknown")
    assert read_master_key(path) == ring


def test_a_ring_does_not_print_its_keys(tmp_path: Path) -> None:
    ring = create_master_key(tmp_path / "master.key", random=lambda size: b"\x41" * size)
    assert isinstance(ring, MasterKeyRing)
    assert "AAAA" not in repr(ring) and "4141414141414141414141" not in repr(ring)
