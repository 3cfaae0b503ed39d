"""The YAML files of lmms-eval, made from the tasks: one a task, what a family of them has in common, and the group of the six.

    python -m emobench_data lmms-eval-tasks --out FOLDER

writes those of every task that is known here, added ones too; the folder beside this file holds those of the six.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...io.atomic import atomic_file
from ...schema.task_type import TaskType
from ...schema.tasks import TASKS, Task, get_task, known_tasks
from ...schema.types import LABELS

_HERE = "emobench_data.export.lmms_eval.tasks"

_GROUP = """\
# The benchmark as one group: the overall is the mean of the sub-tasks, each of equal weight.
group: emobench
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
task: emobench_{name}
process_docs: !function {here}.{name}
"""


def files(tasks: Iterable[str] = TASKS) -> dict[str, str]:
    """File name -> text, for `tasks` by name; with the group, which is of the six alone."""
    own = [get_task(name) for name in tasks]
    made = {_common_name(task.type): _common(task.type) for task in own}
    made |= {f"emobench_{task.name}.yaml": _task(task) for task in own}
    return made | {"emobench.yaml": _GROUP.format(tasks="\n".join(f"  - emobench_{name}" for name in TASKS))}


def write(folder: Path) -> list[Path]:
    """Write the files of all known tasks to `folder` and return their paths."""
    paths = []
    for name, text in files(known_tasks()).items():
        with atomic_file(folder / name) as file:
            file.write(text.encode())
        paths.append(folder / name)
    return paths


def _common_name(kind: TaskType) -> str:
    return "_sub_task_yaml" if kind.family == LABELS else f"_{kind.name}_yaml"


def _common(kind: TaskType) -> str:
    metrics = "\n".join(
        _METRIC.format(name=name, here=_HERE, better=str(better).lower()) for name, better in kind.aggregates.items()
    )
    return _COMMON.format(here=_HERE, limit=kind.limit, metrics=metrics)


def _task(task: Task) -> str:
    return _TASK.format(common=_common_name(task.type), name=task.name, here=_HERE)
