"""`python -m emobench_data`."""

from .cli.commands import main

main(prog_name="python -m emobench_data")
