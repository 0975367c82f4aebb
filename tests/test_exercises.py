"""The checks of a chapter's exercises: every solution passes, typical wrong answers do not.

A wrong answer stands beside a piece of the message that must tell the learner what is wrong.
"""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"

MY_LINEAR = """
class MyLinear(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.weight = {weight}
        self.bias = nn.Parameter(minitorch.zeros(o))

    def forward(self, x):
        return {result}
"""
PRODUCT = "minitorch.matmul(x, self.weight.T) + self.bias"
MY_STEP = """
def my_step(model, lr):
    with minitorch.no_grad():
        for p in model.parameters():
            {}
"""
RIGHT = {
    "ex1": ["predicted = ['gain', 'first.bias', 'first.weight']"],
    "ex2": [],
    "ex3": [
        MY_LINEAR.format(
            weight="nn.Parameter(minitorch.zeros(o, i))",
            result="x @ self.weight.mT + self.bias",
        )
    ],
    "ex4": [
        MY_STEP.format("p.copy_(p - lr * p.grad)") + "        model.zero_grad()",
        MY_STEP.format("p.add_(p.grad, alpha=-lr); p.grad.zero_()"),
    ],
}
WRONG = {
    "ex1": [
        ("predicted = {'first.weight', 'first.bias'}", "1 more are"),
        ("predicted = {'gain', 'first.weight', 'first.bias', 'offset'}", "'offset'"),
        ("predicted = {'first', 'gain'}", "'first'"),
        ("predicted = {'gain', 'first.weight', 'first.bias', 'middle.0.weight'}", "middle.0"),
        ("predicted = set()", "3 more are"),
    ],
    "ex2": [
        ("reason = 'A'", "needs weights that move"),
        ("reason = 'C'", "needs weights that move"),
        ("reason = 'D'", "one of the letters"),
        ("reason = 'b'", "one of the letters"),
    ],
    "ex3": [
        (MY_LINEAR.format(weight="minitorch.zeros(o, i)", result=PRODUCT), "your parameters are"),
        (
            MY_LINEAR.format(
                weight="nn.Parameter(minitorch.zeros(i, o))",
                result="minitorch.matmul(x, self.weight) + self.bias",
            ),
            "your parameters are",
        ),
        (
            MY_LINEAR.format(
                weight="nn.Parameter(minitorch.zeros(o, i))",
                result="minitorch.matmul(x, self.weight.T)",
            ),
            "see forward",
        ),
    ],
    "ex4": [
        (MY_STEP.format("p = p - lr * p.grad"), "SGD puts it"),
        (MY_STEP.format("p -= lr * p.grad"), "a gradient is left over"),
        (MY_STEP.format("p += lr * p.grad; p.grad = None"), "SGD puts it"),
        (
            "def my_step(model, lr):\n"
            "    for i in (0, 2):\n"
            "        for name in ('weight', 'bias'):\n"
            "            p = getattr(model[i], name)\n"
            "            new = nn.Parameter((p - lr * p.grad).detach())\n"
            "            setattr(model[i], name, new)",
            "keep the Parameters",
        ),
    ],
}


@pytest.fixture(scope="module")
def chapter():
    """The cells of chapter 00 by id, and the names that running them leaves."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.instance()  # `display` asks for it
    notebook = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4)
    import matplotlib

    matplotlib.use("agg")
    names = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", []):
            exec(cell.source, names)
    return {cell.id: cell.source for cell in notebook.cells}, names


def checked(chapter, exercise, answer):
    """What the check cell of an exercise prints for an answer."""
    cells, names = chapter
    names = dict(names)
    exec(answer, names)
    said = []
    names["print"] = lambda *words: said.append(" ".join(map(str, words)))
    exec(cells[f"{exercise}-check"], names)
    return "\n".join(said)


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.parametrize("exercise", RIGHT)
def test_solutions_and_other_right_answers_pass(chapter, exercise):
    text = next(cell for name, cell in chapter[0].items() if name == f"{exercise}-help")
    solution = re.search(r"Solution</summary>\s*```python\n(.*?)```", text, re.S)[1]
    for answer in [solution, *RIGHT[exercise]]:
        assert "right" in checked(chapter, exercise, answer)


@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.parametrize(
    ("exercise", "answer", "hint"),
    [(name, answer, hint) for name, answers in WRONG.items() for answer, hint in answers],
)
def test_wrong_answers_are_told_what_is_wrong(chapter, exercise, answer, hint):
    with pytest.raises(AssertionError) as error:
        checked(chapter, exercise, answer)
    assert hint in str(error.value)
