"""The one error that a user's input can cause."""


class InputError(ValueError):
    """Bad input: one line that names the thing, the place and the way out. Command lines exit with code 2 on it."""
