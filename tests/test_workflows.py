"""What a public forge runs, and the images: linters find no fault, and all that it calls is here."""

import re
import shutil
import subprocess
import sysconfig

import pytest
import yaml

from emollm_plugin import __version__

from . import nightly
from .conftest import ROOT
from .pythons import MINORS
from .test_locks import CONFIG

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
IMAGES = sorted((ROOT / "docker").glob("*.Dockerfile"))
SCRIPT = re.compile(r"\bbash (\S+)")


def jobs(path):
    workflow = yaml.safe_load(path.read_text())
    # YAML 1.1 reads the word `on` as true.
    assert {"name", True, "permissions", "jobs"} <= {*workflow} and workflow["permissions"] == {"contents": "read"}
    return workflow["jobs"].values()


def steps(path):
    return [step for job in jobs(path) for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_parses_and_calls_scripts_that_there_are(path):
    found = steps(path)
    assert found and all(("run" in step) != ("uses" in step) for step in found)
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@\S+", step["uses"]) for step in found if "uses" in step)
    scripts = [name for step in found for name in SCRIPT.findall(step.get("run", ""))]
    assert all((ROOT / name).is_file() for name in scripts), scripts


def test_the_forge_runs_what_everybody_runs():
    called = {path.stem: " ".join(step.get("run", "") for step in steps(path)) for path in WORKFLOWS}
    assert [*called] == ["ci", "docs", "nightly", "release"]
    assert "bash .ci/run" in called["ci"] and "bash scripts/try_wheel.sh" in called["ci"]
    assert "mkdocs build --strict" in called["docs"]
    assert "bash scripts/release.sh" in called["release"] and "bash .ci/run" in called["release"]


def test_the_night_runs_every_nightly_test_and_every_extra_of_the_docs():
    path = ROOT / ".github/workflows/nightly.yml"
    tests, docs = jobs(path)
    assert yaml.safe_load(path.read_text())[True]["schedule"]
    run = "\n".join(step.get("run", "") for step in tests["steps"])
    assert run.endswith("bash scripts/test.sh -m nightly") and "chromium chromium-driver" in run and "[browser]" in run
    assert "selenium" in CONFIG["options.extras_require"]["browser"]
    assert docs["steps"][-1]["run"] == "python3 -m tests.nightly ${{ matrix.extra }}"
    assert docs["strategy"]["matrix"]["extra"] == [*nightly.EXTRAS]


def lint(program, *words):
    """What a linter of this environment says of files, and whether it found no fault."""
    found = shutil.which(program, path=sysconfig.get_path("scripts"))
    assert found, f"{program} is no part of this environment; make it anew: bash scripts/setup.sh"
    done = subprocess.run([found, *map(str, words)], cwd=ROOT, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def lint_workflows(*paths):
    return lint("zizmor", "--offline", "--no-progress", "--config", ROOT / ".github/zizmor.yml", *paths)


def test_linters_find_no_fault():
    for found, said in (lint("hadolint", *IMAGES), lint_workflows(*WORKFLOWS)):
        assert found, said


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("ci.yml", "runs-on", "runs_on"),
        ("ci.yml", "        with: {persist-credentials: false}\n", ""),
        ("release.yml", 'release.sh "$GITHUB_REF_NAME"', "release.sh ${{ github.head_ref }}"),
        ("cpu.Dockerfile", "python:3.11-slim-bookworm", "python"),
    ],
)
def test_linters_find_a_fault(tmp_path, name, before, after):
    source = next(path for path in (*WORKFLOWS, *IMAGES) if path.name == name)
    assert before in source.read_text()
    (tmp_path / name).write_text(source.read_text().replace(before, after))
    found, said = lint_workflows(tmp_path / name) if source.suffix == ".yml" else lint("hadolint", tmp_path / name)
    assert not found and name in said


def test_the_wheel_is_tried_on_every_python_that_it_is_for():
    (matrix,) = [job["strategy"]["matrix"]["python"] for job in jobs(ROOT / ".github/workflows/ci.yml") if "strategy" in job]
    assert matrix == [f"3.{minor}" for minor in MINORS]


@pytest.mark.parametrize("path", IMAGES, ids=lambda path: path.name)
def test_an_image_calls_scripts_that_there_are(path):
    scripts = SCRIPT.findall(path.read_text())
    assert "scripts/setup.sh" in scripts and all((ROOT / name).is_file() for name in scripts)
    assert f"--file docker/{path.name}" in path.read_text()


def test_the_images_take_no_environment_data_or_runs_of_the_clone():
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv*", "data", "downloads", "models", "runs"} <= {*left_out}


@pytest.fixture
def release(tmp_path):
    """A function: `scripts/release.sh TAG` in a clone with these files, by a Python that builds nothing; its last words."""
    for name in ("scripts", "emollm_plugin"):
        (tmp_path / name).mkdir()
    (tmp_path / "scripts/release.sh").write_text((ROOT / "scripts/release.sh").read_text())
    (tmp_path / "scripts/try_wheel.sh").write_text("echo tried $1\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python3").write_text('#!/bin/sh\necho "$2" && [ "$2" = twine ] || { mkdir dist && touch dist/one.whl; }\n')
    (tmp_path / "bin/python3").chmod(0o755)

    def run(tag, changelog):
        (tmp_path / "CHANGELOG.md").write_text(changelog)
        (tmp_path / "emollm_plugin/_version.py").write_text((ROOT / "emollm_plugin/_version.py").read_text())
        command = ["bash", str(tmp_path / "scripts/release.sh"), tag]
        path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
        done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True)
        return done.returncode, (done.stderr or done.stdout).strip()

    return run


def test_a_release_is_of_the_version_that_the_code_has_and_once(release):
    dated = f"## {__version__} (2030-01-31)\n"
    assert release("v9.9.9", dated)[0] == 2 and __version__ in release("v9.9.9", dated)[1]
    code, said = release(f"v{__version__}", f"## {__version__} (unreleased)\n")
    assert code == 2 and "CHANGELOG.md" in said
    assert release(f"v{__version__}", dated) == (0, "build\ntwine\ntried dist/one.whl")
    assert release(f"v{__version__}", dated)[0] == 2  # dist/ is there
