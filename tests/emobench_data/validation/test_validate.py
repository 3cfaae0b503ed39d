"""Every fault is found in one pass, with its record, and nothing that a file holds makes the check fail."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emobench_data import InputError
from emobench_data.building.benchmark import build
from emobench_data.validation import KINDS, validate

from ..compose import composition, data_sets
from ..make import write_lines, write_picture, write_sound
from ..media.test_examine import huge_png
from .conftest import entry


def test_what_is_sound(check):
    text = {"id": 3, "conversations": entry(question="Name it.")["conversations"]}
    video = entry("4", "What?\n<video>", video="good.mp4")
    del video["image"]
    alone = entry("5", image=["good.jpg"])
    assert check(entry(), text, video, alone) == []


def test_what_the_project_itself_writes_is_sound(tmp_path):
    root = data_sets(tmp_path / "sets", media=True)
    build(composition(root), tmp_path / "out", figures=False)
    questions = tmp_path / "out/questions.jsonl"
    report = validate(tmp_path / "out/train.json", root, questions=questions, context=2048)
    assert report.faults == () and report.records == 120


def turns(*pairs):
    return {"conversations": [{"from": speaker, "value": words} for speaker, words in pairs]}


OPTIONS = "<image>\nWhich? Choose one of: joy, being in love, fear. Answer with that word or phrase only."


@pytest.mark.parametrize(
    ("record", "kind", "says"),
    [
        ([1], "schema", "expected an object"),
        (None, "schema", "is None; expected an object"),
        ({"id": "1"}, "schema", "has no conversations"),
        (entry() | {"conversations": {}}, "schema", "has no conversations"),
        (entry() | turns(("human", "<image>")), "schema", "ends without an answer"),
        (entry() | turns(("user", "<image>"), ("assistant", "x")), "schema", "turn 1 is from 'user'; expected 'human'"),
        (entry() | turns(("human", "<image>"), ("human", "x")), "schema", "turn 2 is from 'human'; expected 'gpt'"),
        (entry() | turns(("human", "<image>"), ("gpt", None)), "schema", "turn 2 has no text"),
        (entry() | {"conversations": [3, 4]}, "schema", "turn 1 has no text under 'value'"),
        (entry(image=5), "schema", "its 'image' is 5; expected a path"),
        (entry(image=[]), "schema", "its 'image' is []; expected a path"),
        (entry(question="<image><image>", image=["good.jpg"] * 2), "schema", "its 'image' is a list of 2; a record has one"),
        (entry(question="<image><video>", video="good.mp4"), "schema", "has an image and a video; a record has one of them"),
        (entry() | turns(("gpt", "Hi."), ("human", "<image>"), ("gpt", "x")), "schema", "turn 1 is from 'gpt'; expected"),
        (entry(id=None), "id", "has no id"),
        (entry(id=1.5), "id", "has no id"),
        (entry(question="What?"), "placeholder", "has <image> 0 times in its questions and 1 media"),
        (entry(question="<image><image>"), "placeholder", "has <image> 2 times in its questions and 1 media"),
        (entry(question="<image><video>"), "placeholder", "has <video> 1 times in its questions and 0 media"),
        (entry(answer="an <image>"), "placeholder", "has <image> in an answer"),
        (entry(answer=" \n"), "answer", "has an empty answer"),
        (entry(question=OPTIONS, answer="sadness"), "label", "the answer 'sadness' is none of the options"),
        (entry(question=OPTIONS, answer="not joy"), "label", "none of the options"),
        (entry(question="<image>\nIs it? Answer Yes or No.", answer="maybe"), "label", "none of the options"),
        (entry(question='Is it? "Answer:" and Yes or No.', answer="No.\nAnswer: maybe"), "label", "none of the options"),
        (entry(image="gone.jpg"), "media", "image 'gone.jpg': missing"),
        (entry(image="../good.jpg"), "media", "leaves the media root"),
        (entry(image="/etc/passwd"), "media", "is absolute"),
        (entry(image="C:\\good.jpg"), "media", "is absolute"),
        (entry(image="a\0b"), "media", "control characters"),
        (entry(image="x" * 5000), "media", "missing"),
        (entry(image="cut.jpg"), "media", "image 'cut.jpg': truncated"),
        (entry(image="bomb.png"), "media", "too large: at most 100,000,000 are read; make it smaller"),
        (entry(image="page.jpg"), "media", "not a picture"),
        (entry(image="code.eps"), "media", "not a picture"),
        (entry(image="link.jpg"), "media", "leads out of the folder"),
        (entry(image="circle.jpg"), "media", "leads out of the folder"),
        (entry(image="."), "media", "a folder, not a picture"),
        (entry(image="good.jpg/x"), "media", "missing"),
    ],
)
def test_each_fault_in_its_words(check, media, tmp_path, record, kind, says):
    write_picture(media / "cut.jpg", size=(300, 300))
    os.truncate(media / "cut.jpg", 500)
    (media / "bomb.png").write_bytes(huge_png())
    (media / "page.jpg").write_bytes(b"<html>404</html>")
    (media / "code.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    write_picture(tmp_path / "secret.jpg")
    (media / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (media / "circle.jpg").symlink_to(media / "circle.jpg")
    found = check(entry("other"), record)
    assert {(one, number) for one, number, _ in found} >= {(kind, 2)} and {number for _, number, _ in found} == {2}
    assert any(says in message for one, _, message in found if one == kind), found


@pytest.mark.parametrize(
    "pairs",
    [
        [("system", "Be kind."), ("human", "<image>\nWhat?"), ("gpt", "joy"), ("human", "Why?"), ("gpt", "So.")],
        [("human", "<image>\nWhat?"), ("gpt", "joy"), ("system", "Be kind."), ("human", "Why?"), ("gpt", "So.")],
        [("human", "<image>\nWhat?"), ("human", "And?"), ("gpt", "joy"), ("human", "Why?"), ("gpt", "So.")],
        [("gpt", "Hello."), ("human", "<image>\nWhat?"), ("gpt", "joy"), ("human", "Why?"), ("gpt", "So.")],
        [("user", "<image>\nWhat?"), ("assistant", "joy"), ("user", "Why?"), ("assistant", "So.")],
    ],
)
def test_one_cause_is_one_fault(check, pairs):
    """A turn too many does not make a fault of every turn that follows, nor of what they hold."""
    (fault,) = check(entry() | turns(*pairs))
    assert fault[0] == "schema" and " is from " in fault[2]


@pytest.mark.parametrize("answer", ["joy", "Joy.", "being in love", "It looks bright.\nAnswer: fear"])
def test_answers_that_are_options(check, answer):
    assert check(entry(question=OPTIONS, answer=answer)) == []


ASKS = "Rate it. Answer with a number from 1 to 5, with one decimal only."
SOUNDS_ALIKE = 'Tweet: "Pick a number from 6 to 10, quick"'


@pytest.mark.parametrize("question", [f"{ASKS}\n{SOUNDS_ALIKE}", f"{SOUNDS_ALIKE}\n<image>\n{ASKS}"])
def test_an_items_own_words_are_not_taken_for_the_question(check, question):
    def record(answer):
        own = entry(question=question, answer=answer)
        return own if "<image>" in question else {key: value for key, value in own.items() if key != "image"}

    assert check(record("3.2")) == []
    assert [fault[0] for fault in check(record("7.0"))] == ["label"]


LETTERS = f"{OPTIONS}\nA. joy\nB. being in love\nC. fear"


@pytest.mark.parametrize(
    ("question", "answer", "sound"),
    [
        (OPTIONS, "B", False),
        (OPTIONS, "(c)", False),
        (OPTIONS, "Reasons.\nAnswer: B", False),
        (LETTERS, "B", True),
        (LETTERS, "(c)", True),
        (LETTERS, "D", False),
        ("<image>\nChoose one of: x, y. Answer.", "y", True),
    ],
)
def test_a_letter_is_an_answer_where_the_question_shows_letters_as_in_scoring(check, question, answer, sound):
    assert [kind for kind, *_ in check(entry(question=question, answer=answer))] == ([] if sound else ["label"])


def test_a_clip_without_frames_and_one_that_is_none(check, media):
    write_sound(media / "sound.mp4")
    (media / "playlist.mp4").write_bytes(b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n")
    names = ("sound.mp4", "playlist.mp4", "good.mp4")
    entries = [entry(name, "<video>", video=name) for name in names]
    for one in entries:
        del one["image"]
    assert [(kind, number) for kind, number, _ in check(*entries)] == [("media", 1), ("media", 2)]


def test_every_record_with_a_broken_medium_is_named_and_repeated_ids(check):
    found = check(entry("1", image="gone.jpg"), entry("2", image="gone.jpg"), entry("1"), entry(1))
    assert [(kind, number) for kind, number, _ in found] == [("media", 1), ("media", 2), ("id", 3), ("id", 4)]
    assert "has the id of record 1" in found[2][2]


def test_leaks(check, media, tmp_path):
    (media / "copy.jpg").write_bytes((media / "good.jpg").read_bytes())
    write_picture(media / "other.jpg", colour=(1, 2, 3))
    write_picture(media / "third.jpg", colour=(9, 200, 3))
    text = "Dialogue:\nA: well\nWhat is meant?"
    text_only = {"id": "e", **turns(("human", text.replace("What is", "Tell what is")), ("gpt", "x"))}
    asked = [
        {"question_id": "q", "image": "copy.jpg", "text": "?"},
        {"question_id": "c", "image": "third.jpg", "text": "?"},
        {"question_id": "r", "text": text},
    ]
    questions = write_lines(tmp_path / "q.jsonl", asked)
    entries = (entry("a"), entry("b", image="copy.jpg"), entry("c", image="other.jpg"), entry("d", image="other.jpg"))
    found = check(*entries, text_only, questions=questions)
    assert [(kind, number) for kind, number, _ in found] == [("leak", n) for n in (1, 2, 3, 5)]
    parts = (
        "another name, the same content) of question 'q'",
        "the medium of question 'q'",
        "the id of question 'c'",
        "the text of question 'r'",
    )
    for (_, _, message), part in zip(found, parts):
        assert part in message


@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("How pleasant is the text?", " Answer with a number from 1 to 5, with two decimals."),
        ("Which emotion is it?", ""),
    ],
)
def test_a_text_behind_its_question_leaks_and_the_question_does_not(check, tmp_path, asked, hint):
    lines = [{"question_id": str(n), "text": f"{asked}{hint}\nThe {n}th day was fine. Was it?"} for n in range(3)]
    questions = write_lines(tmp_path / "q.jsonl", lines)
    texts = [f"{asked}{hint}\nAnother day was grey.", "What do you feel?\nThe 1th day was fine. Was it?"]
    records = [{"id": f"e{n}", **turns(("human", text), ("gpt", "3.00"))} for n, text in enumerate(texts)]
    found = [(kind, number) for kind, number, _ in check(*records, questions=questions) if kind == "leak"]
    assert found == [("leak", 2)]


def test_length(check, tmp_path):
    long = entry(question="<image>\n" + "word " * 100)
    (fault,) = check(long, entry("2"), context=700)
    assert fault[:2] == ("context", 1) and "needs 707 tokens (estimated as words x 1.3" in fault[2]
    assert check(long, context=707) == [] and check(long, context=300, visual_tokens=144) == []
    with pytest.raises(InputError, match="tokenizer.json: no such file"):
        check(long, context=10, tokenizer=tmp_path)


def test_length_with_a_tokenizer(check, tmp_path):
    tokenizers = pytest.importorskip("tokenizers")
    counter = tokenizers.Tokenizer(tokenizers.models.WordLevel({"word": 0, "?": 1}, unk_token="?"))
    counter.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    counter.save(str(tmp_path / "tokenizer.json"))
    (fault,) = check(entry(question="<image>\n" + "word " * 100), context=600, tokenizer=tmp_path)
    assert "needs 677 tokens (counted with" in fault[2]
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="not a tokenizer"):
        check(entry(), context=600, tokenizer=tmp_path)


@pytest.mark.slow
def test_a_million_options_and_a_deep_value(check):
    many = ", ".join(f"label {n}" for n in range(1_000_000))
    (fault,) = check(entry(question=f"<image>\nChoose one of: {many}. Answer.", answer="none"))
    assert fault[0] == "label" and len(fault[2]) < 200
    assert check(entry(question=f"<image>\nChoose one of: {many}. Answer.", answer="label 999999")) == []
    deep: list = []
    for _ in range(200):
        deep = [deep]
    assert {kind for kind, _, _ in check(entry(image=deep), entry(id=deep))} == {"schema", "id"}


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 5),
        st.floats(allow_nan=False),
        st.text(max_size=8),
        st.sampled_from(["<image>", "human", "gpt", "good.jpg", "../x", "Choose one of: . x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "image", "video", "conversations", "from", "value"]), inner, max_size=5),
    ),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(JSON, max_size=3))
def test_values_of_any_kind(check, records):
    for kind, number, message in check(*records, context=1):
        assert kind in KINDS and 1 <= number <= len(records) and "\n" not in message
