"""The fixtures of `saved`."""

from ...saved import *  # noqa: F403
