"""The figures of the docs: `python -m scripts.figures` draws them into docs/figures/."""
