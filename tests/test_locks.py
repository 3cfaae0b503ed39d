"""The lock files hold every version that a stack needs, and the environment at hand is made of them."""

import configparser
from importlib.metadata import distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from .conftest import ROOT, STACK

BASE = ("video", "plot", "test")
# lock -> the stack and the extras that it is for
LOCKS = {
    "current": ("current", (*BASE, "serve", "heic", "parquet", "endpoint", "docs", "browser")),
    "classic": ("classic", (*BASE, "parquet")),
    "lmms-eval": ("current", (*BASE, "lmms-eval")),
    "vllm": ("vllm", ()),
}


CONFIG = configparser.ConfigParser()
CONFIG.read(ROOT / "setup.cfg")


def requirements(lines):
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def asked_by(extra):
    """The requirements of an extra, for the Python at hand."""
    found = requirements(CONFIG["options.extras_require"][extra].splitlines())
    return [one for one in found if one.marker is None or one.marker.evaluate()]


def locked(lock):
    """Package -> version, for the Python at hand."""
    found = requirements((ROOT / "emollm_plugin/stacks" / f"{lock}.lock").read_text().splitlines())
    here = [one for one in found if one.marker is None or one.marker.evaluate()]
    assert all(len(one.specifier) == 1 and str(one.specifier).startswith("==") for one in found)
    return {canonicalize_name(one.name): Version(str(one.specifier)[2:]) for one in here}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_meets_what_the_stack_and_its_extras_ask(lock):
    stack, extras = LOCKS[lock]
    asked = (ROOT / "emollm_plugin/stacks" / f"{stack}.txt").read_text().splitlines()
    asked += CONFIG["options"]["install_requires"].splitlines()
    pins = locked(lock)
    for one in requirements(asked) + [one for extra in extras for one in asked_by(extra)]:
        assert one.specifier.contains(pins[canonicalize_name(one.name)], prereleases=True), one


def test_no_extra_asks_for_what_every_installation_has():
    always = {one.name for one in requirements(CONFIG["options"]["install_requires"].splitlines())}
    for extra, asked in CONFIG["options.extras_require"].items():
        assert not always & {one.name for one in requirements(asked.splitlines())}, extra


def test_every_package_of_this_environment_is_the_locked_one():
    """What the lock does not name came by hand, or with Python."""
    pins, others = locked(STACK), {}
    for found in distributions():
        name = canonicalize_name(found.metadata["Name"])
        if name in pins and Version(found.version).public != pins[name].public:
            others[name] = f"{found.version}, locked {pins[name]}"
    assert not others, "not made by scripts/setup.sh, or the lock is newer"
