"""Two runs against each other: the exact test, the intervals, and what cannot be compared."""

import pytest

from emobench_data.report.compare import Verdict, compare, sign_test
from emobench_data.report.same_question import AskedAs, differs
from emobench_data.schema.medium import Medium

from ..make import write_picture


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (0, 4), (3, 9), (10, 10), (700, 800)])
def test_mcnemar_is_the_exact_binomial_test(lost, won):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(lost, lost + won).pvalue if lost + won else 1
    p, (low, high) = sign_test([1] * won + [-1] * lost + [0] * 5)
    assert p == pytest.approx(expected) and low <= won / max(1, won + lost) <= high


def verdicts(rights, task="t", group=1):
    """Verdicts over questions of which `group` make a unit."""
    same = AskedAs(("?",), (), None, "gold")
    return {f"{task}{i}": Verdict(task, float(right), f"{task}{i // group}", same) for i, right in enumerate(rights)}


def test_intervals_of_differences_lie_around_them():
    """Sub-task t: 60 of 100 won, u: 30 of 100 lost; the overall is the mean of both differences."""
    first = verdicts([0] * 100) | verdicts([1] * 30 + [0] * 70, "u")
    found = compare(first, verdicts([1] * 60 + [0] * 40) | verdicts([0] * 100, "u"))
    own, other, overall = found["tasks"]["t"], found["tasks"]["u"], found["overall"]
    assert (own["won"], own["lost"], own["difference"], other["difference"]) == (60, 0, 0.6, -0.3)
    for part, wanted, error in ((own, 0.6, 0.049), (other, -0.3, 0.0458), (overall, 0.15, 0.0335)):
        low, high = part["interval"]
        assert part["difference"] == pytest.approx(wanted) and (low + high) / 2 == pytest.approx(wanted, abs=0.02)
        assert high - low == pytest.approx(2 * 1.96 * error, rel=0.12)


def test_no_interval_contradicts_its_test():
    """`+0.0 to +50.0, p=1` stood in one row."""
    seen = 0
    for n in (2, 4, 8, 12, 24, 60):
        for both in sorted({0, n // 2, n - 1}):
            for won, lost in ((a, b) for a in range(min(9, n - both) + 1) for b in range(min(3, a, n - both - a) + 1)):
                kept = [1] * both, [0] * (n - both - won - lost)
                found = compare(
                    verdicts([*kept[0], *[0] * won, *[1] * lost, *kept[1]]),
                    verdicts([*kept[0], *[1] * won, *[0] * lost, *kept[1]]),
                )["tasks"]["t"]
                assert (found["interval"][0] > 0) == (found["p"] < 0.05), (n, both, won, lost)
                seen += found["p"] < 0.05
    assert seen > 20
    one = compare(verdicts([0, 1]), verdicts([1, 1]))["tasks"]["t"]
    assert one["p"] == 1 and one["interval"][0] < -0.05


def test_runs_on_grouped_questions_are_compared_by_group():
    """Ten dialogues of six, of which four are won whole: by question that was p = 1e-7."""
    found = compare(verdicts([0] * 60, group=6), verdicts([1] * 24 + [0] * 36, group=6))["tasks"]["t"]
    assert (found["won"], found["units"], found["p"]) == (24, 10, 0.125) and found["interval"][0] < 0
    single = compare(verdicts([0] * 60), verdicts([1] * 24 + [0] * 36))["tasks"]["t"]
    assert single["p"] < 1e-6 and single["interval"][0] > 0.2


def test_only_questions_that_are_the_same_are_compared():
    """Two runs on other pictures, words or answers under the same ids were one table."""
    first, second = verdicts([1, 0, 1, 1, 1]), verdicts([1, 1, 1, 0])
    for name, change in (
        ("t1", {"words": ("other?",)}),
        ("t2", {"gold": "other"}),
        ("t3", {"media": (Medium("image", "other.jpg"),)}),
    ):
        second[name] = second[name]._replace(asked_as=second[name].asked_as._replace(**change))
    found = compare(first, second)
    assert found["tasks"]["t"]["n"] == 1 and found["overall"]["difference"] == 0
    assert found["left_out"] == {
        "asked of one run alone": 1,
        "with other words": 1,
        "with another gold": 1,
        "about another medium": 1,
    }
    assert compare(first, {})["overall"] is None


def test_media_of_one_name_are_compared_by_content(tmp_path):
    for folder, colour in (("a", (1, 2, 3)), ("b", (1, 2, 3)), ("c", (9, 9, 9))):
        write_picture(tmp_path / folder / "x.jpg", colour)
    (tmp_path / "d").mkdir()
    puts = {name: AskedAs(("?",), (Medium("image", "x.jpg"),), tmp_path / name, "") for name in "abcd"}
    assert differs(puts["a"], puts["b"]) == "" and differs(puts["a"], puts["c"]) == "about another medium"
    assert differs(puts["a"], puts["d"]) == "", "what is not there is compared by name"
    secret = (
        puts["a"]._replace(media=(Medium("image", "../c/x.jpg"),)),
        puts["b"]._replace(media=(Medium("image", "../c/x.jpg"),)),
    )
    assert differs(*secret) == ""
