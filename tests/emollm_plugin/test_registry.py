import pytest

from emobench_data import InputError
from emollm_plugin.registry import PROJECTORS, TOWERS, Registry, projector_family


def test_a_clash_raises_and_the_same_thing_twice_does_not():
    registry = Registry("thing")
    first = object()
    assert registry.add("a", first) is registry.add("a", first) is registry.get("a")
    with pytest.raises(InputError, match="'a' is already registered"):
        registry.add("a", object())


def test_an_unknown_name_raises_with_the_known_ones():
    registry = Registry("thing")
    registry.add("b", 1)
    registry.add("a", 2)
    with pytest.raises(InputError, match="unknown thing 'c'; known: a, b"):
        registry.get("c")


def test_what_the_plugin_brings_is_registered():
    import emollm_plugin.projector
    import emollm_plugin.towers  # noqa: F401

    assert "multiperspective" in PROJECTORS
    assert {"efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2"} <= set(TOWERS)
    assert projector_family("multiperspective:slots=4") == "multiperspective"
