"""Rationales by rule: evidence and a conclusion, from annotation; none where there is too little of it."""

from dataclasses import replace

import pytest

from emobench_data.mini.plan import make_plan
from emobench_data.rationale.check import check
from emobench_data.rationale.rules import by_rule
from emobench_data.schema.parsing import closed, normal
from emobench_data.schema.tasks import TASKS
from emobench_data.sources import Skips, get_source

from ..make import record

LABELS = ("amusement", "fear")


def emotion(answer="amusement", **attributes):
    return record(task="emo_c", answer=answer, options=LABELS, attributes=attributes)


def test_attributes_of_a_picture_are_named_and_then_concluded_from():
    one = emotion(scene="café", object="ball, dog", facial_expression="smile", brightness="0.9", colorfulness="0.1")
    assert by_rule(one) == (
        "Scene: café; objects: ball, dog; face: smile; bright light; pale colors. This points to amusement."
    )


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"brightness": "0.9", "colorfulness": "0.9"},
        {"scene": "amusement park"},
        {"object": "Amusement"},
        {"valence": "6"},
        {"theme": "Cat", "category": "Animal"},
        {"words": "Well then"},
    ],
)
def test_too_little_annotation_gives_none(attributes):
    """Light alone, annotation that names the label, ratings that it is made of, plain words alone."""
    assert by_rule(emotion(**attributes)) == ""


def test_only_the_part_that_names_the_label_is_left_out():
    assert "Objects: ball." in by_rule(emotion(object="amusement ride, ball"))


def test_what_a_photograph_shows_and_how_it_moves():
    fields = {"task": "emo_c", "options": ("negative", "neutral", "positive")}
    rated = {"theme": "Car accident", "category": "Scenery", "arousal": "5.1"}
    assert by_rule(record(answer="negative", attributes=rated, **fields)) == (
        "The photograph shows a place or event: car accident. Most find it stirring. This points to negative."
    )
    assert by_rule(record(answer="neutral", attributes=rated | {"theme": "Neutral face"}, **fields)) == ""


def test_dialogue():
    said = {"speaker": "Ann", "words": "You did what?!", "before": "Bob: I sold it."}
    assert by_rule(emotion("fear", **said)) == (
        'Ann says "You did what?!" in a startled question, after "Bob: I sold it". This points to fear.'
    )
    assert by_rule(record(answer="Yes", attributes=said)).endswith("so the opposite is meant.")
    assert by_rule(record(answer="No", attributes=said)).endswith("it is meant as it is said.")
    assert by_rule(record(answer="No", attributes={"words": "alone"})) == ""


@pytest.mark.parametrize("source", ["mini", "oasis_pixabay", "mustard", "mintrec"])
def test_every_rationale_passes_the_check_that_those_of_an_endpoint_must_pass(source, request):
    if source == "mini":
        records = make_plan(train=72, test=36, seed=0).records
        assert all(map(by_rule, records)) and {one.task for one in records} == set(TASKS)
    else:
        name = source.partition("_")[0]
        root = request.getfixturevalue("shared_data") / source
        if not get_source(name).found(root):
            pytest.skip(f"no {root}")
        records = list(get_source(name).records(root, Skips()))
    made = [(one, text) for one in records if (text := by_rule(one))]
    assert len(made) > len(records) / 2
    for one, text in made:
        assert check(closed(text, one.answer), one) == (text, ""), text


def test_the_evidence_is_there_before_the_label(shared_data):
    """Of OASIS, whose label is made of ratings: with another label the same evidence would stand."""
    records = list(get_source("oasis").records(shared_data / "oasis_pixabay", Skips()))
    for one in records:
        texts = [by_rule(replace(one, answer=label, references=(label,))) for label in one.options]
        assert len({text.rpartition(" This points to")[0] for text in texts if text}) == 1


def test_what_is_seen_in_mini_does_not_name_its_label():
    for one in make_plan(train=72, test=36, seed=0).records:
        shown = f" {normal(' '.join(one.attributes.values()))} "
        assert TASKS[one.task].type.name == "yes_no" or not any(f" {normal(label)} " in shown for label in one.references)
