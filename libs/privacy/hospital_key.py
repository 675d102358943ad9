"""The key under which one hospital encrypts what it sends by topic: derived, so that no list of keys is kept.

It comes from the pseudonym root, not from a master key: master keys rotate, and a rotation must not lock hospitals
out. HKDF outputs with different `info` tell nothing about each other, so a hospital's key reveals no pseudonym.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from libs.privacy.master_key import MasterKeyRing


def hospital_key(ring: MasterKeyRing, hospital_id: str) -> bytes:
    """The hospital's 32 bytes for A256GCM; the same for the life of the deployment. Hand them out by a safe way."""
    if not hospital_id:
        raise ValueError("a hospital without an id has no key")
    info = b"huiji/hospital-ingress/v1/" + hospital_id.encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(ring.pseudonym_root)
