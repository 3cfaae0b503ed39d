"""Expressions: distinct, and one turns into another."""

from random import Random

import numpy as np
import pytest

from emobench_data.mini.canvas import finish, gradient
from emobench_data.mini.faces import EXPRESSIONS, draw_face, random_head, vary


def face(expression):
    canvas = gradient((255, 255, 255), (255, 255, 255))
    draw_face(canvas, random_head(Random(3)), expression)
    return np.asarray(finish(canvas, Random(0))).astype(int)


def test_turning_into_another():
    start, end = EXPRESSIONS["sadness"], EXPRESSIONS["happiness"]
    assert start.towards(end, 0) == start
    assert start.towards(end, 1).curve == pytest.approx(end.curve)
    assert start.curve < start.towards(end, 0.5).curve < end.curve


def test_every_two_expressions_look_different_on_the_same_head():
    faces = {name: face(expression) for name, expression in EXPRESSIONS.items()}
    for one in faces:
        for other in faces:
            if one < other:
                assert np.abs(faces[one] - faces[other]).mean() > 3, (one, other)


def test_variation_keeps_the_sign_of_every_trait():
    for name, expression in EXPRESSIONS.items():
        varied = vary(expression, Random(name))
        assert varied != expression
        assert varied.curve * expression.curve >= 0 and varied.tilt * expression.tilt >= 0
