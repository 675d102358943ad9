"""Chance without chance: the same seed and words give the same number everywhere."""

from hashlib import blake2b


def drawn(seed: int, *words: str) -> int:
    """A number below 2**64 that looks random and is not."""
    text = "\x1f".join((str(seed), *words)).encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def happens(rate_bp: int, seed: int, *words: str) -> bool:
    """True for `rate_bp` of ten thousand combinations of words."""
    return drawn(seed, *words) % 10_000 < rate_bp
