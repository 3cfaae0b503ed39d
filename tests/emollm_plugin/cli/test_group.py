"""A stack that is not installed is one line; any other module that is missing shows where."""

import sys

import click
import pytest
from click.testing import CliRunner

from emollm_plugin.cli.group import StackGroup


@click.group(cls=StackGroup)
def program():
    """As `emollm`."""


@program.command()
@click.argument("module")
def ask(module):
    """Need a module."""
    raise ModuleNotFoundError(f"No module named {module!r}", name=module)


@pytest.mark.parametrize("module", ["torch", "llava"])
def test_a_missing_stack_is_one_line(module):
    done = CliRunner().invoke(program, ["ask", module])
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: emollm ask needs {module}, which is not installed in {sys.prefix}; ")
    assert "run `emollm setup`" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["emollm_plugin.nothing", "llava.nothing"])
def test_another_module_is_not_hidden(module):
    done = CliRunner().invoke(program, ["ask", module])
    assert isinstance(done.exception, ModuleNotFoundError)
