"""Training records as shards on disk, of which each process reads what it needs."""

from .write import write_shards

__all__ = ["write_shards"]
