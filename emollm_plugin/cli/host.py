"""`emollm setup` and `emollm patch`: what is done to the environment, or to the LLaVA, that the plug-in works in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from emobench_data.cli.scores import FOLDER
from emobench_data.io.errors import InputError

PATCH = Path(__file__).parents[1] / "host" / "patch" / "apply.sh"
STACK = click.Choice(["current", "classic"])


@click.command()
@click.option("--stack", type=STACK, default="current", envvar="STACK", show_default=True, help="What to install.")
@click.option("--downloads", type=FOLDER, default="downloads", envvar="DOWNLOADS", help="Wheels that lie there are taken.")
@click.option("--dry-run", is_flag=True, help="Say what is to be done, and do nothing.")
def setup(stack: str, downloads: Path, dry_run: bool) -> None:
    """Install PyTorch, transformers, DeepSpeed and LLaVA into this Python's environment, in the versions that were tested.

    What is there already is kept. Where a version there does not fit, or this Python does not, nothing is done. In a clone
    `bash scripts/setup.sh` makes an environment of its own instead.
    """
    from .setup import carry_out, installed_here, make_plan

    plan = make_plan(stack, installed_here())
    click.echo(plan)
    if plan and not dry_run:
        carry_out(plan, downloads)
        click.echo("done; `emollm doctor` looks whether all is well")


@click.command()
@click.argument("target", type=FOLDER)
@click.option("--check", "how", flag_value="--check", help="Say `applied` (exit code 0), `not applied` (1) or why neither (2).")
@click.option("--reverse", "how", flag_value="--reverse", help="Take the lines out again, to the byte.")
@click.pass_context
def patch(ctx: click.Context, target: Path, how: str | None) -> None:
    """Make the LLaVA in TARGET, a source tree or an installed `llava`, load the plug-in by itself."""
    if shutil.which("bash") is None:
        raise InputError("emollm patch needs bash, and none was found; install it")
    ctx.exit(subprocess.run(["bash", str(PATCH), str(target), *([how] if how else [])], check=False).returncode)
