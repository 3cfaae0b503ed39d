"""`python -m emobench_data`."""

from .cli.main import main

main(prog_name="python -m emobench_data")
