"""The programs that a launcher starts, in the process of the test."""

import sys

import click
from click.testing import CliRunner

from emobench_data.cli.commands import main as data
from emollm_plugin.cli.commands import main
from emollm_plugin.recipes import process

COMMANDS = {"emollm_plugin.cli": main, "emobench_data": data}


def started_here(monkeypatch):
    """Have every program `python -m MODULE ...` of a run be done in this process for the rest of the test."""
    from emollm_plugin.host.launch import main as host

    def start(command, environment, stdout=None, stderr=None):
        module, words = command[2], [*map(str, command[3:])]
        assert command[:2] == [sys.executable, "-m"], command
        if module == "emollm_plugin":
            monkeypatch.setattr(sys, "argv", sys.argv)
            code, said = host(words), ""
        else:
            done = CliRunner().invoke(COMMANDS[module], words, env=dict(environment or {}))
            code, said = done.exit_code, done.output
        if stdout is None:
            click.echo(said, nl=False)
        elif hasattr(stdout, "write"):
            stdout.write(said.encode())
        return Ended(code, said.encode())

    monkeypatch.setattr(process, "_start", start)
    monkeypatch.setattr(process, "_lines", iter)


class Ended:
    """A program that has ended, with what it printed."""

    def __init__(self, code, said):
        self.returncode, self.stdout = code, said.splitlines(keepends=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def wait(self):
        return self.returncode
