"""`python -m emobench_data`."""

from .cli import main

main(prog_name="python -m emobench_data")
