"""Answers alone against answers after reasons, over one base, data, steps and seeds. See `python -m benchmarks.reasons -h`."""
