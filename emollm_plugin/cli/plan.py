"""`emollm plan`: what a training needs, before it is run."""

from __future__ import annotations

import os

import click
import orjson


@click.command()
@click.argument("words", nargs=-1, metavar="[RECIPE] [KEY=VALUE ...]")
@click.option("--length", type=click.IntRange(1), help="Tokens of the longest sample, pictures too. Default: MAX_LENGTH.")
@click.option("--text", type=click.IntRange(1), default=256, show_default=True, help="Tokens of text of a usual sample.")
@click.option("--answers", type=click.IntRange(1), default=64, show_default=True, help="Tokens of a sample that are learned.")
@click.option("--samples", type=click.IntRange(1), help="Default: those of DATA_PATH or of EmoBench-mini.")
@click.option("--tflops", type=click.FloatRange(0, min_open=True), help="What a GPU achieves, in 10^12 operations a second.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def plan(
    words: tuple[str, ...],
    length: int | None,
    text: int,
    answers: int,
    samples: int | None,
    tflops: float | None,
    as_json: bool,
) -> None:
    """Print what a training needs on each GPU: memory, arithmetic, communication, disk; and on which GPUs it fits.

    RECIPE and KEY=VALUE are those of `emollm train`. Nothing is run, and no weight is read: the model is built without any.
    """
    from ..planning import Sample, make_plan
    from ..planning.text import as_text
    from ..recipes import read_recipe
    from ..recipes.conditions import stack_here

    recipe, changes = (words[0], words[1:]) if words and "=" not in words[0] else (None, words)
    asked = read_recipe({"STACK": stack_here(), **os.environ}, recipe, changes)
    made = make_plan(asked, Sample(length, text, answers, samples), tflops)
    click.echo(orjson.dumps(made, option=orjson.OPT_INDENT_2).decode() if as_json else as_text(made))
