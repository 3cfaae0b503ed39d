"""A report on one or several runs: one self-contained HTML page, and a Markdown table."""

from .write import write_report

__all__ = ["write_report"]
