"""Ed25519 signatures checked with the standard library alone: for the verifier of an evidence pack, which bears it.

From RFC 8032, section 5.1 (decoding 5.1.3, addition 5.1.4, verification 5.1.7), tested with its vectors (7.1). It keeps
no secret, so it need not take the same time for everything.
"""

from __future__ import annotations

import hashlib
from typing import Optional

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z


def ed25519_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature (64 bytes) over the message is by the private half of the key (32 bytes)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    whose, commitment = decompressed(key), decompressed(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if whose is None or commitment is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    left, right = times(s, BASE), added(commitment, times(challenge, whose))
    same_x = (left[0] * right[2] - right[0] * left[2]) % PRIME == 0
    return same_x and (left[1] * right[2] - right[1] * left[2]) % PRIME == 0


def decompressed(encoded: bytes) -> Optional[Point]:  # noqa: UP045 - the verifier runs on Python 3.9
    """The point of 32 bytes: y, and in the highest bit whether x is odd. None when there is no such point."""
    number = int.from_bytes(encoded, "little")
    odd, y = number >> 255, number & (1 << 255) - 1
    if y >= PRIME:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, PRIME - 2, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if (x * x - square) % PRIME or (x == 0 and odd):
        return None
    x = x if x % 2 == odd else PRIME - x
    return x, y, 1, x * y % PRIME


def added(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % PRIME
    b = (one[1] + one[0]) * (other[1] + other[0]) % PRIME
    c, d = 2 * one[3] * other[3] * D % PRIME, 2 * one[2] * other[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def times(factor: int, point: Point) -> Point:
    total = (0, 1, 1, 0)
    while factor:
        if factor % 2:
            total = added(total, point)
        point, factor = added(point, point), factor // 2
    return total


def base_point() -> Point:
    base = decompressed((4 * pow(5, PRIME - 2, PRIME) % PRIME).to_bytes(32, "little"))
    assert base is not None, "y = 4/5 with an even x is on the curve"
    return base


BASE = base_point()
