"""Merkle trees as in Certificate Transparency (RFC 9162, section 2.1): a root over many hashes, short proofs for each.

leaf = SHA-256(0x00 ‖ data), node = SHA-256(0x01 ‖ left ‖ right); a tree of n > 1 leaves splits at the largest power of
two below n. The prefixes keep a node from being passed off as a leaf. Here the data of a leaf is an event's chain hash.
"""

import hashlib
from collections.abc import Sequence


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaves' data, in order. No leaves have no root: asserted."""
    assert leaves, "a tree has leaves"
    level = [_leaf(data) for data in leaves]
    while len(level) > 1:
        level = _next(level)
    return level[0]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from leaf `index` up to the root, the lowest first: about log2(n) of them."""
    assert 0 <= index < len(leaves), "the leaf is in the tree"
    level, path = [_leaf(data) for data in leaves], []
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            path.append(level[beside])
        level, index = _next(level), index // 2
    return path


def root_from_proof(data: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that the proof leads to; None when a proof of this length cannot be for this place in such a tree."""
    if not 0 <= index < size:
        return None
    found, last, remaining = _leaf(data), size - 1, list(path)
    while last:
        if index % 2 or index < last:
            if not remaining:
                return None
            beside = remaining.pop(0)
            found = _node(beside, found) if index % 2 else _node(found, beside)
        index, last = index // 2, last // 2
    return None if remaining else found


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _next(level: list[bytes]) -> list[bytes]:
    """Pairs become nodes; one that is left over moves up as it is, which is the RFC's split at a power of two."""
    pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return pairs + level[-1:] if len(level) % 2 else pairs
