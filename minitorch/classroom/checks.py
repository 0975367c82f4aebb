"""The checks of an assignment: `compare`, as the test cells of the notebooks call it.

Floor 5. A check is two functions and the inputs for both. `yours` calls the student's code and
returns plain values (see `plain.py`); `expected` says what they should be. In a notebook both run
where they are. The grader runs `yours` in the student's process and `expected` in its own, so what
is expected never gets to where the student's code could see or change it. Convention: an input is
a plain value, or a function that draws one from a NumPy generator; the grader draws anew.
"""

import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .plain import pack, unpack

# ---- inputs ------------------------------------------------------------------------------------


def normal(*shape):
    """Draws an array of normally distributed numbers.

    >>> normal(2, 3)(np.random.default_rng(0)).shape
    (2, 3)
    """
    return lambda rng: rng.normal(size=shape)


def integer(low, high):
    """Draws an integer, `low <= n < high`."""
    return lambda rng: int(rng.integers(low, high))


def names(count):
    """Draws a list of different identifiers.

    >>> len(set(names(4)(np.random.default_rng(0))))
    4
    """

    def draw(rng):
        letters = [rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 6) for _ in range(count)]
        return ["".join(word) + f"_{number}" for number, word in enumerate(letters)]

    return draw


def choice(*values):
    """Draws one of the values."""
    return lambda rng: values[int(rng.integers(len(values)))]


# ---- checks ------------------------------------------------------------------------------------

# The grader judges in several threads, and minitorch's stream of random numbers is one for all.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Check:
    """What one call of `compare` asks for; its topic is the docstring of `yours`."""

    yours: Callable
    expected: Callable
    inputs: dict
    tolerance: float

    @property
    def topic(self):
        return " ".join((self.yours.__doc__ or self.yours.__name__).split())

    def draw(self, seed):
        """The inputs, drawn from a generator with this seed."""
        rng = np.random.default_rng(seed)
        return {name: spec(rng) if callable(spec) else spec for name, spec in self.inputs.items()}

    def judge(self, given, inputs):
        """What `expected` says about these inputs, and None or how `given` differs from it."""
        with ONE_AT_A_TIME:
            wanted = unpack(pack(self.expected(**copy.deepcopy(inputs))))
        return wanted, difference(given, wanted, self.tolerance)


def compare(yours, expected, *, tolerance=1e-6, **inputs):
    """Runs both functions on the inputs; AssertionError says how the first one's value differs.

    >>> def yours(x):
    ...     "twice a number"
    ...     return x + x
    >>> compare(yours, lambda x: 2 * x, x=normal(3))
    right: twice a number
    """
    check = Check(yours, expected, inputs, tolerance)
    drawn = check.draw(0)
    _, fault = check.judge(unpack(pack(yours(**copy.deepcopy(drawn)))), drawn)
    if fault:
        given = "\n".join(f"  {name} = {shown(value)}" for name, value in drawn.items())
        raise AssertionError(f"{check.topic}: {fault}" + (f"\nwith\n{given}" if given else ""))
    print(f"right: {check.topic}")


# ---- comparing plain values --------------------------------------------------------------------


def difference(yours, expected, tolerance=1e-6, where=""):
    """None if two plain values agree, else a sentence with both.

    Numbers agree within `tolerance` times the larger of 1 and the expected size. Shapes, lengths,
    keys and the kind of value must be the same.

    >>> difference([1.0, "a"], [1.0, "b"])
    "item 1 of yours is 'a', expected was 'b'"
    """
    kind = _kind(expected)
    if _kind(yours) == kind:
        if kind == "list" and len(yours) == len(expected):
            pairs = ((n, yours[n], item) for n, item in enumerate(expected))
            return _first_difference(pairs, tolerance, where)
        if kind == "dictionary" and yours.keys() == expected.keys():
            pairs = ((repr(key), yours[key], item) for key, item in expected.items())
            return _first_difference(pairs, tolerance, where)
        if kind == "number" and np.shape(yours) == np.shape(expected):
            if _close(np.asarray(yours), np.asarray(expected), tolerance):
                return None
        elif kind not in ("list", "dictionary", "number", "object"):
            if np.array_equal(yours, expected):
                return None
    return f"{where}yours is {shown(yours)}, expected was {shown(expected)}"


def shown(value):
    """A plain value in a few words.

    >>> shown(np.zeros((20, 30)))
    'an array of shape (20, 30) with 0, 0, 0, 0, 0, 0, ...'
    """
    if isinstance(value, np.ndarray) and value.size > 8:
        first = ", ".join(f"{number:.5g}" for number in value.ravel()[:6])
        return f"an array of shape {value.shape} with {first}, ..."
    if isinstance(value, np.ndarray):
        return np.array2string(value, separator=", ", precision=5).replace("\n", "")
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value[:8])) + (", ...]" if len(value) > 8 else "]")
    if isinstance(value, dict):
        items = [f"{shown(key)}: {shown(item)}" for key, item in list(value.items())[:8]]
        return "{" + ", ".join(items) + (", ...}" if len(value) > 8 else "}")
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _first_difference(pairs, tolerance, where):
    for key, yours, expected in pairs:
        fault = difference(yours, expected, tolerance, f"item {key} of {where}")
        if fault:
            return fault
    return None


def _close(yours, expected, tolerance):
    expected = expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        gap = np.abs(yours.astype(np.float64) - expected)
        near = np.isfinite(expected) & (gap <= tolerance * np.maximum(1, np.abs(expected)))
    same = yours == expected  # infinities
    return bool(np.all(near | same | (np.isnan(yours) & np.isnan(expected))))


def _kind(value):
    if isinstance(value, bool) or getattr(value, "dtype", None) == np.bool_:
        return "truth value"
    if isinstance(value, (int, float, np.ndarray, np.generic)):
        return "number"
    kinds = {str: "text", list: "list", dict: "dictionary", type(None): "nothing"}
    return kinds.get(type(value), "object")
