"""The YAML files of lmms-eval, made from the tasks: two a task, what a family of them has in common, and groups of the six.

`emobench_hate` asks for the answer alone, `emobench_hate_steps` what the question file asks: reasons in steps, where they were
learned.

    python -m emobench_data lmms-eval-tasks --out FOLDER

writes those of every task that is known here, added ones too; the folder beside this file holds those of the six.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...io.atomic import write_once
from ...schema.task_type import TaskType
from ...schema.tasks import TASKS, Task, get_task, known_tasks
from ...schema.types import LABELS
from . import STEPS

REASONS = 192  # tokens of an answer with its reasons
_HERE = "emobench_data.export.lmms_eval.tasks"

_GROUP = """\
# The benchmark as one group: the overall is the mean of the sub-tasks, each of equal weight.
group: emobench{steps}
task:
{tasks}
aggregate_metric_list:
  - metric: accuracy
    aggregation: mean
    weight_by_size: false
metadata:
  version: 1.0
"""
_COMMON = """\
# What the sub-tasks have in common. The name does not end in .yaml, so that lmms-eval does not take it for a task.
dataset_path: text
dataset_kwargs: !function {here}.FILES
test_split: test
output_type: generate_until
doc_to_visual: !function {here}.doc_to_visual
doc_to_text: text
doc_to_target: answer
process_results: !function {here}.process_results
generation_kwargs:
  max_new_tokens: {limit}
  temperature: 0
  do_sample: false
  until: []
metric_list:
{metrics}
metadata:
  version: 1.0
"""
_METRIC = """\
  - metric: {name}
    aggregation: !function {here}.{name}
    higher_is_better: {better}"""
_TASK = """\
include: {common}
task: emobench_{name}{steps}
process_docs: !function {here}.{name}{steps}
"""


def files(tasks: Iterable[str] = TASKS) -> dict[str, str]:
    """File name -> text, for `tasks` by name; with the groups, which are of the six alone."""
    own = [get_task(name) for name in tasks]
    made: dict[str, str] = {}
    for steps in ("", STEPS):
        made |= {_common_name(task.type, steps): _common(task.type, steps) for task in own}
        made |= {f"emobench_{task.name}{steps}.yaml": _task(task, steps) for task in own}
        listed = "\n".join(f"  - emobench_{name}{steps}" for name in TASKS)
        made[f"emobench{steps}.yaml"] = _GROUP.format(steps=steps, tasks=listed)
    return made


def write(folder: Path) -> list[Path]:
    """Write the files of all known tasks to `folder` and return their paths."""
    made = {folder / name: text.encode() for name, text in files(known_tasks()).items()}
    write_once(made)
    return list(made)


def _common_name(kind: TaskType, steps: str) -> str:
    return f"_sub_task{steps}_yaml" if kind.family == LABELS else f"_{kind.name}{steps}_yaml"


def _common(kind: TaskType, steps: str) -> str:
    metrics = "\n".join(
        _METRIC.format(name=name, here=_HERE, better=str(better).lower()) for name, better in kind.aggregates.items()
    )
    return _COMMON.format(here=_HERE, limit=REASONS if steps else kind.limit, metrics=metrics)


def _task(task: Task, steps: str) -> str:
    return _TASK.format(common=_common_name(task.type, steps), name=task.name, steps=steps, here=_HERE)
