"""Hospitals' keys: derived, separate, and lasting."""

from dataclasses import replace
from pathlib import Path

import pytest

from libs.privacy import MasterKeyRing, create_master_key
from libs.privacy.hospital_key import hospital_key
from libs.privacy.master_key import activate_master_key, add_master_key, read_master_key


def test_each_hospital_has_a_key_of_its_own_and_always_the_same(tmp_path: Path) -> None:
    ring = create_master_key(tmp_path / "master.key")
    assert hospital_key(ring, "H1") == hospital_key(ring, "H1")
    assert hospital_key(ring, "H1") != hospital_key(ring, "H2")
    assert len(hospital_key(ring, "H1")) == 32
    assert hospital_key(ring, "H1") != ring.pseudonym_secret()


def test_rotating_the_master_key_locks_no_hospital_out(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    before = hospital_key(create_master_key(path), "H1")
    activate_master_key(path, add_master_key(path))
    assert hospital_key(read_master_key(path), "H1") == before


def test_another_deployment_has_other_keys() -> None:
    ring = MasterKeyRing("m_1", {"m_1": bytes(32)}, bytes(32))
    assert hospital_key(ring, "H1") != hospital_key(replace(ring, pseudonym_root=b"1" * 32), "H1")


def test_a_hospital_without_an_id_has_no_key() -> None:
    with pytest.raises(ValueError, match="without an id"):
        hospital_key(MasterKeyRing("m_1", {"m_1": bytes(32)}, bytes(32)), "")
