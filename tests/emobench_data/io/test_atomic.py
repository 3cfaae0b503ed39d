"""A reader sees the old file or the whole new one."""

import errno
import multiprocessing
import os
import shutil
import signal
from contextlib import nullcontext

import pytest

from emobench_data.io.atomic import (
    atomic_file,
    atomic_files,
    check_apart,
    check_ours,
    folder_beside,
    new_file,
    write_once,
    written_once,
)
from emobench_data.io.errors import InputError

from ..compose import contents


def test_the_file_appears_at_the_end(tmp_path):
    path = tmp_path / "new" / "f"
    with atomic_file(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert list(path.parent.iterdir()) == [path]


def test_after_an_error_the_old_file_stands(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_file(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no plain file"), atomic_file(tmp_path / "pipe"):
        pass
    assert (tmp_path / "pipe").is_fifo()


def test_files_replace_those_of_the_run_before(tmp_path):
    for name in ("a", "b", "c", "other"):
        (tmp_path / name).write_text("old")
    with atomic_files(tmp_path, ("a", "b", "c")) as folder:
        (folder / "a").write_text("new")
        (folder / "c").write_text("new")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "c": "new", "other": "old"}


def test_what_a_killed_run_left_is_not_taken_over(tmp_path):
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial/b").write_text("left over")
    with atomic_files(tmp_path, ("a", "b")) as folder:
        (folder / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_after_an_error_the_folder_is_as_it_was(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(RuntimeError), atomic_files(tmp_path, ("b", "a")) as folder:
        (folder / "a").write_text("new")
        raise RuntimeError
    assert contents(tmp_path) == {"a": b"old"}


NAMES = ("a", "x/b", "x/c", "gone", "fresh", "done")
OLD = {name: b"old" for name in NAMES if name != "fresh"}
NEW = {name: b"new" for name in NAMES if name != "gone"}


def old_files(folder):
    (folder / "x").mkdir()
    (folder / "other").write_text("a user's")
    for name, content in OLD.items():
        (folder / name).write_bytes(content)


def replace_all(folder):
    with atomic_files(folder, NAMES) as new:
        (new / "x").mkdir()
        for name, content in NEW.items():
            (new / name).write_bytes(content)


def moves(monkeypatch, at, stop):
    """Call `stop` in place of the move number `at`, counted from 0; returns what is left to come."""
    left = [at]
    for name in ("replace", "rename"):

        def move(*paths, real=getattr(os, name)):
            left[0] -= 1
            if left[0] == -1:
                stop()
            real(*paths)

        monkeypatch.setattr(os, name, move)
    return left


ALL = len(OLD) + 1 + len(NEW)


def fail():
    raise OSError("no room")


@pytest.mark.parametrize("at", range(ALL))
def test_after_an_error_at_any_move_the_folder_is_as_it_was(tmp_path, monkeypatch, at):
    old_files(tmp_path)
    before = contents(tmp_path)
    moves(monkeypatch, at, fail)
    with pytest.raises(OSError, match="no room"):
        replace_all(tmp_path)
    assert contents(tmp_path) == before


def test_those_were_all_moves(tmp_path, monkeypatch):
    old_files(tmp_path)
    left = moves(monkeypatch, ALL, fail)
    replace_all(tmp_path)
    assert left == [0] and contents(tmp_path) == {**NEW, "other": b"a user's"}


def killed(folder, at):
    def run():
        moves(pytest.MonkeyPatch(), at, lambda: os.kill(os.getpid(), signal.SIGKILL))
        replace_all(folder)

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@pytest.mark.parametrize("at", [0, 1, 4, 5, 6, 9, 10])
def test_killed_at_a_move_nothing_is_taken_for_whole_and_the_next_run_makes_it_so(tmp_path, monkeypatch, at):
    """Whatever stands beside the last file is of its run; and a run that then fails leaves the old files."""
    folder = tmp_path / "out"
    folder.mkdir()
    old_files(folder)
    before = contents(folder)
    killed(folder, at)
    visible = {name: content for name, content in contents(folder).items() if not name.startswith(".")}
    assert "done" not in visible or visible == before
    shutil.copytree(folder, tmp_path / "again")
    with pytest.raises(OSError, match="no room"), atomic_files(folder, NAMES):
        fail()
    assert contents(folder) == before
    replace_all(tmp_path / "again")
    assert contents(tmp_path / "again") == {**NEW, "other": b"a user's"}
    assert not any(path.name.startswith(".") for path in (tmp_path / "again").iterdir())


@pytest.mark.parametrize("at", range(len(OLD) + 1))
def test_bringing_back_may_be_stopped_too(tmp_path, monkeypatch, at):
    old_files(tmp_path)
    before = contents(tmp_path)
    killed(tmp_path, ALL - 1)
    with monkeypatch.context() as patched, pytest.raises(OSError, match="no room"):
        moves(patched, at, fail)
        with atomic_files(tmp_path, NAMES):
            pytest.fail("began anew beside half of the old files")
    with pytest.raises(RuntimeError), atomic_files(tmp_path, NAMES):
        raise RuntimeError
    assert contents(tmp_path) == before


def test_what_would_stay_the_same_is_not_touched(tmp_path, monkeypatch):
    old_files(tmp_path)
    replace_all(tmp_path)
    moves(monkeypatch, 0, fail)
    replace_all(tmp_path)


def test_files_may_be_read_by_those_who_may_read_others(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    with atomic_file(tmp_path / "one"), atomic_files(tmp_path, ("two",)) as new:
        (new / "two").write_bytes(b"")
    assert len({(tmp_path / name).stat().st_mode for name in ("usual", "one", "two")}) == 1


def test_processes_of_one_number_do_not_share_a_temporary_file(tmp_path, monkeypatch):
    """Containers on one share count their processes alike."""
    monkeypatch.setattr(os, "getpid", lambda: 7)
    with atomic_file(tmp_path / "f") as one:
        with atomic_file(tmp_path / "f") as other:
            other.write(b"other")
        one.write(b"one")
    assert contents(tmp_path) == {"f": b"one"}


def test_folders_of_processes_of_one_number_and_one_that_is_not_taken_over(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 7)
    with folder_beside(tmp_path / "out") as one, folder_beside(tmp_path / "out") as other:
        (one / "f").write_bytes(b"one")
        (other / "f").write_bytes(b"other")
        assert {path.parent for path in (one, other)} == {tmp_path}
        one.rename(tmp_path / "out")
    with pytest.raises(OSError, match="full"), folder_beside(tmp_path / "below" / "more") as third:
        (third / "f").write_bytes(b"third")
        raise OSError("full")
    assert contents(tmp_path / "out") == {"f": b"one"} and not list((tmp_path / "below").iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"out", "below"}
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "usual").stat().st_mode == (tmp_path / "out").stat().st_mode


@pytest.mark.parametrize("links", [True, False])
def test_a_new_file_takes_no_others_place(tmp_path, monkeypatch, links):
    if not links:

        def refuse(*_):
            raise PermissionError(errno.EPERM, "no links")

        monkeypatch.setattr(os, "link", refuse)
    assert new_file(tmp_path / "f", b"one") and not new_file(tmp_path / "f", b"other")
    assert contents(tmp_path) == {"f": b"one"}


def test_a_file_that_is_read_is_not_written(tmp_path):
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").symlink_to("a")
    check_apart(tmp_path / "new", [tmp_path / "a", None])
    with pytest.raises(InputError, match="b: is one of the files that are read"):
        check_apart(tmp_path / "b", [None, tmp_path / "gone", tmp_path / "a"])


def test_a_file_that_begins_otherwise_is_somebodys(tmp_path):
    (tmp_path / "own").write_text("{ours}")
    (tmp_path / "empty").touch()
    check_ours(tmp_path / "new", b"ours")
    check_ours(tmp_path / "empty")
    check_ours(tmp_path / "own", b"other", rb"\{ours")
    for path, beginnings in (("own", ()), ("own", (b"ours",)), (".", (b"ours",))):
        with pytest.raises(InputError, match="not replaced"):
            check_ours(tmp_path / path, *beginnings)


def test_files_are_written_once(tmp_path):
    (tmp_path / "empty").touch()
    (tmp_path / "same").write_bytes(b"1")
    write_once({tmp_path / name: b"1" for name in ("new", "empty", "same")})
    with pytest.raises(InputError, match="same: is there already"):
        write_once({tmp_path / "first": b"1", tmp_path / "same": b"2"})
    for content in (b"1", b"2"):
        with (
            pytest.raises(InputError, match="same") if content == b"2" else nullcontext(),
            written_once(tmp_path / "same") as file,
        ):
            file.write_bytes(content)
    assert contents(tmp_path) == dict.fromkeys(("new", "empty", "same"), b"1")


def test_names_below_a_folder(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/old").write_text("old")
    (tmp_path / "done").write_text("old")
    with atomic_files(tmp_path, ("x/old", "y/new", "done")) as folder:
        (folder / "y").mkdir()
        (folder / "y/new").write_text("new")
    assert (tmp_path / "y/new").read_text() == "new" and not (tmp_path / "x/old").exists()


def test_files_of_somebody_else_are_not_replaced(tmp_path):
    """They have the names and not the sign, the last of them, which stands beside what was written here."""
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(InputError, match="holds a and no done: it was not written here"):
        replace_all(tmp_path)
    assert contents(tmp_path) == {"a": b"mine"}
