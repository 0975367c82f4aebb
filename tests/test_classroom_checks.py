"""Plain values, and how they are compared."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import minitorch
from minitorch.classroom import choice, compare, integer, names, normal
from minitorch.classroom.checks import Check, difference, shown
from minitorch.classroom.plain import Thing, pack, unpack
from minitorch.classroom.worker import forbidden_names, without_magics

PLAIN = [
    None, True, 3, -2.5, "text", [1, [2, "x"]], {"a": 1, "b": [None]}, {1: 2.0}, float("inf"),
    np.arange(6).reshape(2, 3), np.float32(0.1), np.array(7.0), np.array([True, False]),
    np.zeros((0, 3)),
]  # fmt: skip


def test_plain_values_cross_the_pipe():
    for value in PLAIN:
        back = unpack(json.loads(json.dumps(pack(value))))
        assert difference(back, value) is None
        if isinstance(value, np.ndarray):
            assert back.dtype == value.dtype and back.shape == value.shape


def test_tensors_arrive_as_arrays_and_objects_as_their_type():
    assert np.array_equal(unpack(pack(minitorch.ones(2, requires_grad=True))), [1.0, 1.0])
    thing = unpack(pack([object()]))[0]
    assert isinstance(thing, Thing) and repr(thing) == "<an object of type object>"
    assert difference(thing, thing)  # it equals nothing
    endless = []
    endless.append(endless)
    assert "thing" in json.dumps(pack(endless))


@pytest.mark.parametrize(
    "data",
    [
        {"dtype": "object", "shape": [1], "data": [1]},
        {"dtype": "float64", "shape": [3], "data": [1]},
        {"dtype": "float64", "shape": [1], "data": ["x"]},
        {"dtype": "float64", "shape": None, "data": [1]},
        {"dtype": "int8", "shape": [1], "data": [1000]},
        {"pairs": [[[], 1]]},
        {"pairs": 3},
        {},
        10**30,
    ],
)
def test_what_is_no_plain_value_is_refused(data):
    with pytest.raises(ValueError):
        unpack(data)


def test_nesting_is_limited():
    deep = "x"
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="deeply"):
        unpack(deep)


@pytest.mark.parametrize(
    "yours, expected",
    [
        (1, True), (True, 1), (1.0, "1.0"), (None, 0), ([1], 1), ([1, 2], [1]),
        ({"a": 1}, {"b": 1}), (3.0, float("inf")),
        (np.ones(2), np.ones((2, 1))), (np.ones(2), 1.0), (float("nan"), 0.0), (0.0, float("nan")),
        (1.0, 1.00001), (np.array([True]), np.array([1])), ("a", "b"), (float("inf"), 1e300),
        (-float("inf"), float("inf")), ([[1, 2], [3, 4]], [[1, 2], [3, 5]]),
    ],
)  # fmt: skip
def test_different_values_differ(yours, expected):
    assert difference(yours, expected)


@pytest.mark.parametrize(
    "yours, expected",
    [
        (1, 1.0), (1.0, 1 + 1e-9), (1e9 + 1, 1e9), (float("nan"), float("nan")), (np.float32(2), 2),
        (float("inf"), float("inf")), (np.array(1.0), 1), ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ],
)  # fmt: skip
def test_equal_values_agree(yours, expected):
    assert difference(yours, expected) is None


def test_a_difference_is_told_with_its_place():
    fault = difference([1, {"w": np.zeros(2)}], [1, {"w": np.ones(2)}])
    assert fault == "item 'w' of item 1 of yours is [0., 0.], expected was [1., 1.]"


def test_long_values_are_cut():
    for value in (np.zeros((50, 50)), [0] * 1000, "x" * 10_000, {n: n for n in range(1000)}):
        assert len(shown(value)) < 250


def test_compare_says_what_is_wrong_and_with_which_inputs(capsys):
    def yours(x, n):
        """twice"""
        return x * 2 + (n == 3)

    with pytest.raises(AssertionError) as caught:
        compare(yours, lambda x, n: x * 2, x=normal(2), n=3)
    first, *rest = str(caught.value).splitlines()
    assert first.startswith("twice: yours is [") and "expected was [" in first
    assert rest[0] == "with" and rest[1].startswith("  x = [") and rest[2] == "  n = 3"
    compare(yours, lambda x, n: x * 2, x=normal(2), n=4)
    assert capsys.readouterr().out == "right: twice\n"


def test_neither_side_sees_what_the_other_writes_into_the_inputs():
    def yours(x):
        x += 1
        return x

    compare(yours, lambda x: x + 1, x=np.zeros(2))


def test_draws_depend_on_the_generator_alone():
    for draw in (normal(3), integer(0, 10**6), names(3), choice(*range(1000))):
        first, again, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert difference(first, again) is None and difference(first, other)


@pytest.mark.parametrize(
    "source",
    ["from minitorch.nn import Module", "import minitorch.nn as n\nclass M(n.Module): pass",
     "M = getattr(nn, 'Module')", "%time x = nn.Module"],
)  # fmt: skip
def test_forbidden_names_are_found(source):
    assert forbidden_names([source], ["nn.Module"]) == ["nn.Module"]


@pytest.mark.parametrize(
    "source",
    ["class Module:\n    'like nn.Module'", "Module()  # nn.Module", "def (", "x = 'Module'"],
)
def test_own_names_and_words_are_not_forbidden(source):
    assert forbidden_names([source], ["nn.Module"]) == []


def test_magics_are_left_out_and_python_is_not():
    assert without_magics("%%time\nif x:\n    !ls\n    y = 1") == "pass\nif x:\n    pass\n    y = 1"
    assert without_magics('s = """\n%d\n!"""') == 's = """\n%d\n!"""'


def test_what_is_expected_may_draw_random_numbers_in_many_threads():
    def expected():
        minitorch.manual_seed(0)
        return float(sum(minitorch.rand(1).item() for _ in range(3000)))

    check = Check(expected, expected, {}, 0)
    with ThreadPoolExecutor(4) as pool:
        wanted = [value for value, _ in pool.map(lambda _: check.judge(0.0, {}), range(8))]
    assert set(wanted) == {expected()}
