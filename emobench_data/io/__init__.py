"""Files and endpoints: written whole or not at all, locked, read strictly. Knows nothing of EmoBench."""

from .errors import InputError

__all__ = ["InputError"]
