"""Results are kept as long as the file stays as it is."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from emobench_data import InputError
from emobench_data.media import check as media_check
from emobench_data.media.check import MediaFile, check_all, digests, media_cache, refuse
from emobench_data.media.examine import OUTSIDE, leads_out
from emobench_data.media.video import Sampling, reader_version

from ..make import write_clip, write_picture


def test_faults_and_seconds_by_name(tmp_path):
    write_picture(tmp_path / "a.jpg")
    write_clip(tmp_path / "c.mp4")
    media = {name: MediaFile(tmp_path, name, "video" if name[0] == "c" else "image") for name in ("a.jpg", "b.jpg", "c.mp4")}
    with media_cache(None) as cache:
        faults, seconds = check_all(media | {"twice": MediaFile(tmp_path, "b.jpg", "image")}, cache)
    assert faults == {"b.jpg": "missing", "twice": "missing"}
    assert seconds.keys() == {"c.mp4"} and 0 < seconds["c.mp4"] < 60


def test_a_result_holds_until_the_file_changes(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    asked = []

    def work(one):
        asked.append(one)
        return one.read_bytes().decode()

    def results():
        with media_cache(tmp_path / "cache") as cache:
            return [value for _, value in cache.results("read", [path], work, title="")]

    assert results() == results() == ["one"] and len(asked) == 1
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert results() == ["two"] and len(asked) == 2
    with media_cache(tmp_path / "cache") as cache:  # another kind of result is another one
        list(cache.results("other", [path], work, title=""))
    assert len(asked) == 3


@pytest.fixture
def examined(monkeypatch):
    """The media that were opened."""
    seen = []
    original = media_check.examine
    monkeypatch.setattr(media_check, "examine", lambda path, *rest: seen.append(path.name) or original(path, *rest))
    return seen


def test_a_restart_opens_nothing_again_and_a_fault_is_not_remembered(tmp_path, examined, monkeypatch):
    write_picture(tmp_path / "a.jpg")
    write_clip(tmp_path / "c.mp4")
    (tmp_path / "clip").mkdir()
    write_picture(tmp_path / "clip/1.png")
    (tmp_path / "b.jpg").write_bytes(b"")
    kinds = {"a.jpg": "image", "c.mp4": "video", "clip": "video", "b.jpg": "image"}
    media = {name: MediaFile(tmp_path, name, kind) for name, kind in kinds.items()}

    def check(sampling=Sampling()):
        examined.clear()
        with media_cache(tmp_path / "kept/cache") as cache:
            return check_all(media, cache, sampling)

    first = check()
    assert sorted(examined) == sorted(kinds) and first[0].keys() == {"b.jpg"} and first[1].keys() == {"c.mp4"}
    assert check() == first and examined == ["b.jpg"]
    monkeypatch.chdir(tmp_path)
    media = {name: MediaFile(Path("."), name, kind) for name, kind in kinds.items()}
    assert check() == first and examined == ["b.jpg"], "the same files, named from elsewhere"
    write_picture(tmp_path / "clip/1.png", colour=(9, 9, 9))
    write_picture(tmp_path / "clip/2.png")
    check()
    assert sorted(examined) == ["b.jpg", "clip"]
    assert check(Sampling(frames=3))[0] == first[0] and sorted(examined) == ["b.jpg", "c.mp4", "clip"], "other frames"
    monkeypatch.setattr(media_check, "reader_version", lambda: "another")
    check()
    assert sorted(examined) == sorted(kinds), "another decoder"


def test_the_version_names_the_libraries_that_decode():
    assert f"av {version('av')}" in reader_version() and f"pillow {version('pillow')}" in reader_version()


def test_the_kept_file_grows_by_what_is_new_alone(tmp_path):
    write_picture(tmp_path / "b.jpg")
    media, kept = {"b.jpg": MediaFile(tmp_path, "b.jpg", "image")}, tmp_path / "cache"

    def check():
        with media_cache(kept) as cache:
            assert check_all(media, cache) == ({}, {})
        return kept.read_bytes()

    whole = check()
    assert whole.count(b"\n") == 1 and check() == check() == whole
    kept.write_bytes(whole + whole[:20])  # of a run that was killed
    (tmp_path / "b.jpg").touch()
    again = check()
    assert again.startswith(whole + whole[:20] + b"\n") and again.count(b"\n") == 3 and check() == again


def test_what_leads_out_is_asked_anew_in_every_run(tmp_path):
    root, names = tmp_path / "root", ("a.jpg", "sub/b.jpg", "linked/c.jpg", "link.jpg", "sub/../../d.jpg", ".")
    write_picture(root / "a.jpg")
    write_picture(root / "sub/b.jpg")
    write_picture(tmp_path / "elsewhere/c.jpg")
    write_picture(tmp_path / "d.jpg")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "link.jpg").symlink_to(root / "a.jpg")
    media = {name: MediaFile(root, name, "image") for name in names}
    for target in (root / "a.jpg", tmp_path / "d.jpg"):
        (root / "link.jpg").unlink()
        (root / "link.jpg").symlink_to(target)
        with media_cache(tmp_path / "cache") as cache:
            faults = check_all(media, cache)[0]
        outside = {name for name, fault in faults.items() if fault == OUTSIDE}
        assert (
            outside
            == {name for name in names if leads_out(root / name, root)}
            == {"linked/c.jpg", "sub/../../d.jpg"} | ({"link.jpg"} if target.name == "d.jpg" else set())
        )


@pytest.mark.parametrize("junk", [b"\xff", b"[1]", b'{"a": 1}', b'["read", "f"', b"null", b"[[], {}, 1, 2, 3]"])
def test_a_damaged_cache_is_read_as_far_as_it_goes(tmp_path, junk):
    path = tmp_path / "f"
    path.write_bytes(b"one")
    with media_cache(tmp_path / "cache") as cache:
        list(cache.results("read", [path], lambda one: "kept", title=""))
    content = (tmp_path / "cache").read_bytes()
    (tmp_path / "cache").write_bytes(junk + b"\n" + content + junk)
    for _ in range(2):
        with media_cache(tmp_path / "cache") as cache:
            assert [v for _, v in cache.results("read", [path], lambda one: pytest.fail(), title="")] == ["kept"]


def test_results_come_in_order_and_all(tmp_path):
    paths = [tmp_path / str(n) for n in range(300)]
    with media_cache(None) as cache:
        assert list(cache.results("name", paths, lambda path: path.name, title="")) == [(p, p.name) for p in paths]


def test_digests_of_what_can_be_read(tmp_path):
    for name in "ab":
        (tmp_path / name).write_bytes(b"same")
    with media_cache(None) as cache:
        found = digests([tmp_path / "a", tmp_path / "b", tmp_path / "gone"], cache)
    assert len(found) == 2 and len(set(found.values())) == 1


def test_refusal_names_five(tmp_path):
    refuse({}, 9, tmp_path, way_out="get them")
    with pytest.raises(InputError, match=r"7 of 9 media .* 0 \(missing\), .* and 2 more; get them"):
        refuse({str(n): "missing" for n in range(7)}, 9, tmp_path, way_out="get them")


def test_a_fault_with_a_way_out_of_its_own_comes_before_the_general_one(tmp_path):
    said = r"a.heic \(HEIC; save it as JPEG\), b \(missing\); do as is said there, else get them"
    with pytest.raises(InputError, match=said):
        refuse({"a.heic": "HEIC; save it as JPEG", "b": "missing"}, 9, tmp_path, way_out="get them")


def test_decord_stays_out_of_the_threads_that_check_clips(tmp_path):
    """It ended one process in a hundred with SIGABRT; in a process of its own, as this one has imported it already."""
    pytest.importorskip("decord")
    write_clip(tmp_path / "a.mp4")
    code = (
        "import sys; from pathlib import Path; from emobench_data.media.check import MediaFile, MediaCache, check_all\n"
        "media = {'a': MediaFile(Path(sys.argv[1]), 'a.mp4', 'video')}\n"
        "assert check_all(media, MediaCache({}, None))[0] == {} and 'decord' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
