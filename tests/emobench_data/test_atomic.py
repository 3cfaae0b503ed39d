"""A reader sees the old file or the whole new one."""

import os

import pytest

from emobench_data.atomic import atomic_file, atomic_files
from emobench_data.errors import InputError


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
    with pytest.raises(RuntimeError):
        with atomic_file(path) as file:
            file.write(b"half")
            raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no plain file"):
        with atomic_file(tmp_path / "pipe"):
            pass
    assert (tmp_path / "pipe").is_fifo()


def test_files_replace_those_of_the_run_before(tmp_path):
    for name in ("a", "b", "other"):
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


@pytest.mark.parametrize("existed", [True, False])
def test_after_an_error_the_folder_is_as_it_was(tmp_path, existed):
    out = tmp_path / "out"
    if existed:
        out.mkdir()
        (out / "a").write_text("old")
    with pytest.raises(RuntimeError):
        with atomic_files(out, ("a", "b")) as folder:
            (folder / "a").write_text("new")
            raise RuntimeError
    assert out.exists() == existed
    if existed:
        assert [path.read_text() for path in out.iterdir()] == ["old"]


@pytest.mark.parametrize("moves", [0, 1, 2])
def test_stopped_while_files_are_moved_the_last_one_is_missing(tmp_path, monkeypatch, moves):
    """The last file is the sign that all belong together: it may not stand beside files of another run."""
    for name in ("a", "b", "done"):
        (tmp_path / name).write_text("old")
    move, left = os.replace, [None] * moves

    def stop(*paths):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        move(*paths)

    with pytest.raises(KeyboardInterrupt):
        with atomic_files(tmp_path, ("a", "b", "done")) as folder:
            for name in ("a", "b", "done"):
                (folder / name).write_text("new")
            monkeypatch.setattr(os, "replace", stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_names_below_a_folder(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x/old").write_text("old")
    with atomic_files(tmp_path, ("x/old", "y/new", "done")) as folder:
        (folder / "y").mkdir()
        (folder / "y/new").write_text("new")
    assert (tmp_path / "y/new").read_text() == "new" and not (tmp_path / "x/old").exists()
