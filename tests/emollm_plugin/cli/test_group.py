"""A stack that is not installed is one line; any other module that is missing shows where."""

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


@pytest.mark.parametrize("module", ["torch", "llava.model"])
def test_a_missing_stack_is_one_line(module):
    done = CliRunner().invoke(program, ["ask", module])
    assert done.exit_code == 2
    assert done.stderr.startswith(
        f"error: emollm ask needs {module.partition('.')[0]}, which is not installed; run `emollm setup`"
    )
    assert done.stderr.count("\n") == 1


def test_another_module_is_not_hidden():
    done = CliRunner().invoke(program, ["ask", "emollm_plugin.nothing"])
    assert isinstance(done.exception, ModuleNotFoundError)
