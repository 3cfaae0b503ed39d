"""Every change to a foreign library is in one table, with its versions and its reason, and made nowhere else."""

import ast
from pathlib import Path

from emollm_plugin import compat

PACKAGE = Path(compat.__file__).parents[1]


def public(file):
    """`module:name` of what a file defines for others."""
    body = ast.parse(file.read_text()).body
    defined = [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    return {f"{file.stem}:{name}" for name in defined if not name.startswith("_")}


def test_every_function_is_in_the_table_with_version_and_reason():
    files = [file for file in (PACKAGE / "compat").glob("*.py") if file.name != "__init__.py"]
    listed = [change.function for change in compat.CHANGES]
    assert set(listed) == set().union(*map(public, files)) and len(listed) == len(set(listed))
    known = ("transformers", "llava", "torch", "accelerate", "deepspeed")
    for change in compat.CHANGES:
        assert change.versions.split()[0] in known and change.why, change


def test_nothing_is_mocked_in_production():
    for file in PACKAGE.rglob("*.py"):
        assert "unittest" not in file.read_text(), file
