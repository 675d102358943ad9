"""Ids that follow from what they name, so that a crash, a race or a replay cannot make two."""

from hashlib import sha1


def derived_id(namespace: bytes, name: str) -> str:
    """`str(uuid5(namespace, name))` in a third of its time: written as it is read, with no object in between.

    `namespace`: the bytes of a UUID.
    """
    digest = sha1(namespace + name.encode(), usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"
