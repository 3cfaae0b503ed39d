"""Projector and prompt arms compared over the same base, data, steps and seeds. See `python -m benchmarks.quality -h`."""
