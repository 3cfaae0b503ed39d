"""Draws that need no generator: the same key always gives the same number."""

from hashlib import blake2s


def draw(key: str, n: int) -> int:
    """A number from 0 to n - 1, drawn by a hash of `key`."""
    return int.from_bytes(blake2s(key.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big") % n
