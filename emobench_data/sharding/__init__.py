"""Training records as shards on disk, of which each process reads what it needs."""

from .write import MOST, write_shards

__all__ = ["MOST", "write_shards"]
