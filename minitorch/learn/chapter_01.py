"""The exercises of chapter 01, *Tensors that remember*."""

import numpy as np

from .exercise import Exercise, choice, wrong


def _gradient(answer, lib, puzzle):
    expected = puzzle().grad.tolist()
    try:
        yours = [float(number) for number in answer]
    except TypeError:
        wrong(f"write a list of two numbers, not {answer!r}")
    if len(yours) != 2:
        wrong(f"w has two elements, yours has {len(yours)}")
    if yours == [2.0, 6.0]:
        wrong("that is one of the two walks. What does the second do to what is there?")
    for place, (mine, right) in enumerate(zip(yours, expected)):
        if abs(mine - right) > 1e-6:
            wrong(f"element {place} is not {mine:g}. What does detach() make of its factor?")


def _in_place(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "look again at what send in our tanh uses: the input, or the result?",
            "C": "try first(w) and its backward().",
        },
    )


def _leaves(answer, lib):
    a = lib.ones(2, requires_grad=True)
    b = lib.ones(2, requires_grad=True)
    c = lib.ones(2)
    cases = [
        ("a * b", a * b, [a, b]),
        ("(a * a + a).sum()", (a * a + a).sum(), [a]),
        ("a * c, where c wants no gradient", a * c, [a]),
        ("c + 1, where c wants no gradient", c + 1, []),
        ("a tensor that was not computed", c, []),
    ]
    deep = a
    for _ in range(3000):
        deep = deep + b
    cases.append(("a sum of 3,000 terms", deep.sum(), [a, b]))
    for name, tensor, expected in cases:
        yours = answer(tensor)
        if not isinstance(yours, (list, tuple)):
            wrong(f"return a list, not {type(yours).__name__}")
        for leaf in yours:
            if not any(leaf is other for other in expected):
                wrong(f"for {name} yours lists something that is no leaf of it: {leaf!r}")
        if len(yours) != len(expected):
            wrong(f"for {name} yours lists {len(yours)} leaves")


def _log(answer, lib, Array, backward):
    numbers = np.array([[0.5, 2.0], [3.0, 1.0]])
    x = Array(numbers)
    y = answer(x)
    if not hasattr(y, "parents"):
        wrong(f"log(x) should be an Array that knows where it came from, not {type(y).__name__}")
    if not np.allclose(y.data, np.log(numbers)):
        wrong(f"log of {numbers[0]} is {np.asarray(y.data)[0]} with yours")
    if not any(parent is x for parent in y.parents):
        wrong("the result does not name x among its parents, so backward never gets there")
    for name, formula, right in [
        ("log(x).sum()", lambda x: answer(x).sum(), 1 / numbers),
        ("(log(x) * x).sum()", lambda x: (Array.__mul__(answer(x), x)).sum(), np.log(numbers) + 1),
    ]:
        x = Array(numbers)
        backward(formula(x))
        if not np.allclose(x.grad, right):
            wrong(f"for {name} the gradient of {numbers[0]} is {np.asarray(x.grad).ravel()[:2]}")


EXERCISES = [
    Exercise(
        "predict",
        _gradient,
        hints=(
            "the gradient of the sum of w * w is 2 * w, element by element.",
            "in the second line one factor is cut off, so it is a constant: the gradient is that "
            "constant. And backward() adds.",
        ),
        solution="""
predicted = [4.0, 12.0]
# 2 * w from the first walk. In the second, 2 * w.detach() is a constant factor of w: 2 * w again.
""",
    ),
    Exercise(
        "explain",
        _in_place,
        hints=(
            "ask for each line with `*=`: who has kept the numbers that are written over?",
            "tanh needs its result for the way back, like exp. And w in `third` is a leaf.",
        ),
        solution="""
reason = "B"
# first fails: tanh keeps its result, y, which is then doubled. third fails at once: w is a leaf.
""",
    ),
    Exercise(
        "build",
        _leaves,
        hints=(
            "start with a list that has `tensor.grad_fn` in it; take one out, look at it, put in "
            "what its next_functions name.",
            "next_functions is a tuple of pairs, and the first of a pair may be None.",
            "remember which nodes you have seen, or a graph in which ways meet is walked again and "
            "again. And do not call yourself for each node: Python allows about 1,000 calls.",
        ),
        solution="""
def leaves(tensor):
    found, seen, waiting = [], set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        waiting.extend(next_node for next_node, _ in node.next_functions)
    return found
""",
        praise="With this you can ask any loss which parameters it depends on.",
    ),
    Exercise(
        "build",
        _log,
        hints=(
            "the derivative of log(x) is 1 / x, so `send` multiplies by that.",
            "use `x.grad = x.grad + ...`, for the way that was there before.",
        ),
        solution="""
def log(x):
    def send(g):
        x.grad = x.grad + g / x.data

    return Array(np.log(x.data), (x,), send)
""",
    ),
]
