"""The command line: build the benchmark, convert one data set, render EmoBench-mini, validate and score files."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click
import orjson

from ..building.benchmark import build as build_benchmark
from ..building.composition import load_composition
from ..building.convert import FAULTY, make_mini
from ..building.convert import convert as convert_source
from ..export.llava import TRAIN
from ..io.atomic import check_apart, check_ours
from ..io.chat import Budget, Endpoint
from ..io.errors import InputError
from ..schema.record_files import read_record_file
from ..schema.tasks import FORMS, GUIDED
from ..sharding import MOST, write_shards
from ..sources import get_source
from ..validation import validate as validate_file
from .exports import echo_shards, hf_dataset, lmms_eval_tasks, merge, science_questions, shards, stimuli
from .messages import echo_counts, echo_folder, echo_left_out
from .options import form_options, listed_names, sub_tasks, videos_option
from .scores import FILE, FOLDER, report, score
from .sources import sources


class InputErrorGroup(click.Group):
    """Commands that answer bad input with one line on stderr and exit code 2."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's, for the group's own options."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            _refuse(ctx, _usage(error))

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except InputError as error:
            message = str(error)
        except click.UsageError as error:
            message = _usage(error)
        except OSError as error:  # a folder that cannot be written, a full disk
            message = str(error)  # a library's own words
            if error.strerror:
                place = error.filename or "writing"
                message = f"{place}: {error.strerror}; check the path, its permissions and the free space"
        _refuse(ctx, message)


def _refuse(ctx: click.Context, message: str) -> NoReturn:
    line = "".join(char if char.isprintable() else "?" for char in " ".join(message.split()))
    click.echo(f"error: {line}", err=True)
    ctx.exit(2)


def _usage(error: click.UsageError) -> str:
    """What click says of words that it does not know, and where help is; raises the error again where it is the help."""
    if type(error).__name__ == "NoArgsIsHelpError":  # of click 8.2 and newer
        raise error
    message = error.format_message().rstrip(".?")
    if isinstance(error, click.NoSuchOption):
        near = f"; is {error.possibilities[0]} meant?" if error.possibilities else ""
        message = f"unknown argument {error.option_name}{near}"
    path = error.ctx.command_path if error.ctx else ""
    return f"{message[:1].lower()}{message[1:]}; see {path} --help"


@click.group(cls=InputErrorGroup)
def main() -> None:
    """EmoBench as data: rendered, converted and scored."""


for _command in (score, report, merge, stimuli, science_questions, lmms_eval_tasks, hf_dataset, shards, sources):
    main.add_command(_command)


@main.command()
@click.option("--out", type=FOLDER, required=True, help="Folder for the files; media go to its folder media.")
@click.option("--train", default=1008, show_default=True, help="Items to train on, over all six sub-tasks.")
@click.option("--test", default=216, show_default=True, help="Items to evaluate on, over all six sub-tasks.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives other drawings.")
@click.option(
    "--changes", "plan", flag_value="changes", help="Clips alone, on which only the order of the frames tells the answer."
)
@click.option(
    "--sound", "plan", flag_value="sound", help="Voices alone, with faces, and in clips; none is answered without sound."
)
@videos_option
@form_options
def mini(out: Path, plan: str | None, **options: Any) -> None:
    """Render EmoBench-mini; a folder that is complete already is used as it is."""
    echo_counts(make_mini(out, plan=plan or "six", **options), out)


@main.command()
@click.argument("source")
@click.option("--root", type=FOLDER, required=True, help="Folder that holds the data set; media are named relative to it.")
@click.option("--out", type=FOLDER, required=True, help="Folder for the files that are written.")
@click.option("--test", default=0.2, show_default=True, help="Share of the items to test on, without an official split.")
@click.option("--val", default=0.0, show_default=True, help="Share of the items to validate on.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives another split.")
@click.option("--fold", type=click.IntRange(0), help="Test on this fold, from 0, of 1 / --test folds of groups (speakers).")
@click.option("--hold-out", metavar="GROUPS", callback=listed_names, help="Test on these groups, with commas: 03,08.")
@click.option("--check-media/--no-check-media", default=True, show_default=True, help="Open every picture and clip first.")
@click.option(
    "--faulty-media",
    type=click.FloatRange(0, 1),
    default=FAULTY,
    show_default=True,
    help="Share of the media that may be missing or broken; their records are left out.",
)
@click.option(
    "--near-duplicates",
    type=click.Choice(("drop", "keep")),
    default="drop",
    show_default=True,
    help="Training pictures that are nearly the same as one that is asked about; they are looked for if media are opened.",
)
@click.option(
    "--tasks", metavar="SUB-TASKS", callback=sub_tasks, help="With commas; default: those of the six, or all if it has none."
)
@videos_option
@form_options
def convert(source: str, root: Path, out: Path, check_media: bool, faulty_media: float, **options: Any) -> None:
    """Convert the data set SOURCE (see `sources`) to LLaVA's files.

    Links that lead out of the root are refused, for an archive may hold some; EMOLLM_FOLLOW_LINKS=1 allows your own.
    """
    summary = convert_source(get_source(source), root, out, check=check_media, faulty=faulty_media, **options)
    echo_counts(summary, out)
    for reason, skipped in summary["skipped"].items():
        click.echo(f"left out {skipped['count']}: {reason} (such as {skipped['examples'][0]})")
    echo_left_out(summary["left_out"])
    echo_folder(summary, out, root)


@main.command()
@click.option("--records", type=FILE, required=True, help="What `convert --keep-records` wrote.")
@click.option("--media-root", type=FOLDER, required=True, help="Folder that the records' media begin from.")
@click.option("--endpoint", metavar="URL", required=True, help="OpenAI-compatible, such as http://127.0.0.1:8000/v1.")
@click.option("--model", required=True, help="The model's name there.")
@click.option("--out", type=FILE, required=True, help="File for the rationales that are kept.")
@click.option("--cache", type=FILE, help="File that keeps every reply; default: OUT.cache.jsonl.")
@click.option(
    "--form", type=click.Choice(FORMS[1:]), default=GUIDED, show_default=True, help="Reasons in sentences or in steps."
)
@click.option("--max-calls", type=click.IntRange(1), help="End after so many calls, those of earlier runs among them.")
@click.option("--max-tokens", type=click.IntRange(1), help="End after so many tokens, as the endpoint counts them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def rationale(
    records: Path,
    media_root: Path,
    endpoint: str,
    model: str,
    out: Path,
    cache: Path | None,
    form: str,
    max_calls: int | None,
    max_tokens: int | None,
    as_json: bool,
) -> None:
    """Ask a model for rationales, keep those that agree with the label, and report the share.

    The endpoint's key, if it needs one, is read from EMOLLM_RATIONALE_KEY. A run that was stopped goes on.
    """
    from ..rationale.teacher import make_rationales

    cache = cache or out.with_name(f"{out.name}.cache.jsonl")
    check_apart(out, (records, cache))
    if not cache.exists():  # else it is of a run that was stopped, or is asked again
        check_ours(out)
    check_ours(out, rb'\{"id":"[^"]*","rationale":')
    check_apart(cache, [records])
    teacher = Endpoint(endpoint, model, cache, os.environ.get("EMOLLM_RATIONALE_KEY", ""))
    read = read_record_file(records)
    report = make_rationales(read, media_root, teacher, out, budget=Budget(max_calls, max_tokens), form=form)
    click.echo(orjson.dumps(report, option=orjson.OPT_INDENT_2).decode() if as_json else _shares(report))


def _shares(report: dict[str, Any]) -> str:
    lines = [
        f"kept {_share(report)} rationales of {report['records']} records, with {report['calls']} calls and "
        f"{report['tokens']} tokens"
    ]
    lines += [f"  {task}: {_share(counts)}" for task, counts in report["tasks"].items()]
    lines += [f"  left out {count}: {reason}" for reason, count in report["left_out"].items()]
    if report["not_asked"]:
        lines.append(f"  not asked {report['not_asked']}: the budget is spent; with a larger one the command goes on")
    return "\n".join(lines)


def _share(counts: dict[str, int]) -> str:
    kept, answered = counts["kept"], counts["answered"]
    return f"{kept} of {answered} ({100 * kept / max(1, answered):.0f} %)"


@main.command()
@click.argument("config")
@click.option("--out", type=FOLDER, required=True, help="Folder for the files that are written.")
@click.option("--data-root", type=FOLDER, help="Folder that holds the data sets; else the one that CONFIG names.")
@click.option("--skip-missing", is_flag=True, help="Go without the data sets that are not there.")
@click.option("--check-media", is_flag=True, help="Open every picture and clip, and compare contents across splits.")
@click.option(
    "--faulty-media", type=click.FloatRange(0, 1), help="Instead of CONFIG's faulty: the share of media that may be left out."
)
@click.option("--figures/--no-figures", default=True, show_default=True, help="Draw the data card's figures.")
@click.option("--shards", "count", type=click.IntRange(1, MOST), help="Also write train.json as so many shards, see `shards`.")
def build(
    config: str,
    out: Path,
    data_root: Path | None,
    skip_missing: bool,
    check_media: bool,
    faulty_media: float | None,
    count: int | None,
    **options: Any,
) -> None:
    """Build the benchmark that CONFIG describes: a YAML file, or a preset: default, small, aeb, support, mer, sound."""
    composition = load_composition(config, data_root=data_root, skip_missing=skip_missing)
    if faulty_media is not None:
        composition = replace(composition, faulty=faulty_media)
    manifest = build_benchmark(composition, out, check=check_media, **options)
    for task, labels in manifest["tasks"].items():
        counts = (f"{split} {sum(label[split] for label in labels.values()):,}" for split in manifest["records"])
        click.echo(f"{task}: {', '.join(counts)}")
        if not any(label["test"] for label in labels.values()):
            click.echo(f"{task} has no test question: its data sets here have no test split")
    if composition.rationale != "none":
        click.echo("trained: {trained:,}, of which with a rationale: {with_rationale:,}".format(**manifest["training"]))
    for name in manifest["absent"]:
        click.echo(f"went without {name}, which is not there")
    echo_left_out(manifest["left_out"])
    click.echo(f"written to {out}; its data card is {out / 'README.md'}")
    echo_folder(manifest, out, composition.data_root)
    if count:
        if TRAIN not in manifest["sha256"]:
            raise InputError(f"--shards {count}: no record of {config} trains; there is nothing to shard")
        folder = out / f"shards-{count}-{manifest['sha256'][TRAIN][:12]}"  # those of other records stay beside them
        echo_shards(write_shards(out / TRAIN, folder, count), folder)


@main.command()
@click.argument("file", type=FILE)
@click.option("--media-root", type=FOLDER, required=True, help="Folder that the file's paths begin from.")
@click.option("--questions", type=FILE, help="Question file whose items must not be trained on.")
@click.option("--context", type=click.IntRange(min=1), help="Tokens that a record may have, media included.")
@click.option("--tokenizer", type=FOLDER, help="Folder of a tokenizer to count tokens with, instead of an estimate.")
@click.option("--visual-tokens", default=576, show_default=True, help="Tokens of one medium.")
@click.option("--cache", type=FILE, help="Keep in this file which media were opened, so that a stopped check goes on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.pass_context
def validate(ctx: click.Context, file: Path, media_root: Path, as_json: bool, **options: Any) -> None:
    """Find every fault of a LLaVA training JSON; exit code 1 if there is one, 2 if FILE cannot be read at all."""
    if options["cache"]:
        check_apart(options["cache"], (file, options["questions"]))
        check_ours(options["cache"], rb'\["')
    report = validate_file(file, media_root, **options)
    if not report.records:
        raise InputError(f"{file}: holds no record; there is nothing to check")
    click.echo(orjson.dumps(report.as_json(), option=orjson.OPT_INDENT_2) if as_json else "\n".join(report.lines()))
    ctx.exit(1 if report.faults else 0)
