"""The YAML files are made from the tasks, and those in the repository are what is made."""

from click.testing import CliRunner

from emobench_data.cli.commands import main
from emobench_data.export.lmms_eval import FOLDER
from emobench_data.export.lmms_eval.files import files
from emobench_data.schema.tasks import known_tasks


def test_the_files_in_the_repository_are_what_the_tasks_make():
    shipped = {path.name: path.read_text("utf-8") for path in FOLDER.iterdir() if path.name.endswith("yaml")}
    assert shipped == files()


def test_the_command_writes_them(tmp_path):
    result = CliRunner().invoke(main, ["lmms-eval-tasks", "--out", str(tmp_path / "tasks")])
    assert result.exit_code == 0, result.output
    assert {path.name: path.read_text("utf-8") for path in (tmp_path / "tasks").iterdir()} == files(known_tasks())
