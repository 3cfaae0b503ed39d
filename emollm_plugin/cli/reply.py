"""`emollm reply`: the next turn of somebody who listens."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from emobench_data.cli.scores import FILE
from emobench_data.io.errors import InputError

from .evaluation import Loading, loading_options


@click.command()
@click.argument("checkpoint")
@click.argument("turns", nargs=-1, metavar="[TURN]...")
@loading_options
@click.option(
    "--dialogue", type=FILE, help="Read the turns from a file: lines 'Speaker: ...' and 'Listener: ...', or JSON lines."
)
@click.option("--medium", type=FILE, help="Picture or clip of who speaks, of the last turn.")
@click.option("--situation", default="", help="What the speaker has told beforehand.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def reply(
    checkpoint: str,
    turns: tuple[str, ...],
    loading: Loading,
    dialogue: Path | None,
    medium: Path | None,
    situation: str,
    as_json: bool,
) -> None:
    """Say how the speaker of a dialogue feels, which strategy of support fits, and what the listener says next.

    Each TURN is what one of the two said; they alternate, and the last is the speaker's.
    """
    from ..serving import reply as serving
    from ..serving.ask import refuse_faulty

    if bool(turns) == bool(dialogue) and not (medium and not turns):
        raise InputError("give the turns, or their file with --dialogue; one of the two")
    own = serving.read_dialogue(dialogue) if dialogue else serving.Dialogue(serving.turns_of(turns))
    own = own._replace(medium=medium) if medium else own
    if own.medium:
        refuse_faulty(own.medium)
    report = serving.reply(loading.predictor(checkpoint), own, situation=situation)
    if as_json:
        click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2))
        return
    for key in ("emotion", "strategy", "reply", "note", "trained_on"):
        if report[key] or key == "reply":
            click.echo(f"{key.replace('_', ' ')}: {report[key]}")
