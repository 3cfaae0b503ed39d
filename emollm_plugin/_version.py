"""The version, read by setup.cfg without importing the package."""

__version__ = "1.0.0"
