"""The assignments as they are handed out, and what their banks promise."""

import copy
import json
import re

import pytest
from classroom import A1, ASSIGNMENTS, SOURCE

from minitorch.classroom import notebook as nb
from minitorch.classroom.__main__ import main
from minitorch.classroom.checks import difference
from minitorch.classroom.selftest import bank_of, filled

EVERY = pytest.mark.parametrize("assignment", ASSIGNMENTS.values(), ids=ASSIGNMENTS)


def lines(text):
    return {line.strip() for line in text.splitlines()}


@EVERY
def test_released_notebooks_hold_no_solution_and_no_hidden_test(assignment, tmp_path):
    assert main(["release", assignment.name, "--to", str(tmp_path)]) == 0
    text = (tmp_path / f"{assignment.name}.ipynb").read_text()
    cells = [(c, nb.source(c)) for c in assignment.notebook["cells"]]
    public = set().union(
        *(lines(nb.without(nb.without(s, nb.HIDDEN), nb.SOLUTION)) for _, s in cells)
    )
    secret = [
        line for _, s in cells for line in nb.within(s, nb.SOLUTION) + nb.within(s, nb.HIDDEN)
    ]
    # Tokens of the secret lines that occur nowhere else: names, words, numbers of three letters.
    words = set(re.findall(r"\w{3,}", "\n".join(secret))) - set(
        re.findall(r"\w{3,}", "\n".join([*public, *nb.CODE_STUB, *nb.TEXT_STUB]))
    )
    assert words and secret
    shown = nb.read(tmp_path / f"{assignment.name}.ipynb")
    told = set(re.findall(r"\w{3,}", "\n".join(nb.source(cell) for cell in shown["cells"])))
    assert words & told == set()
    for mark in ("BEGIN SOLUTION", "HIDDEN TESTS", '"image/', '"text/plain"'):
        assert mark not in text
    for cell in shown["cells"]:
        locked = nb.settings(cell)["locked"]
        assert cell["metadata"].get("editable", True) is not locked
        assert not cell.get("outputs")
    stubs = [cell for cell in shown["cells"] if nb.grade_id(cell) in assignment.solutions]
    assert all("NotImplementedError" in nb.source(cell) for cell in stubs)


def test_a_leak_stops_the_release():
    leaking = copy.deepcopy(A1.notebook)
    leaking["cells"][0]["source"] += ["\nHint: `stretched = tuple(axis for axis, length in ...`"]
    assert nb.released(leaking)  # not a whole line
    solution = nb.within(nb.source(A1.cells["order"]), nb.SOLUTION)[0].strip()
    leaking["cells"][0]["metadata"]["note"] = solution
    with pytest.raises(ValueError, match="still shows"):
        nb.released(leaking)


def test_a_stub_that_would_end_a_class_stops_the_release():
    helper = "    ### BEGIN SOLUTION\n    def g(self):\n        return 1\n\n    ### END SOLUTION\n"
    inside = "class C:\n    def f(self):\n        ### BEGIN SOLUTION\n        return self.g()\n\n"
    inside += helper.replace("    ### BEGIN SOLUTION\n", "")
    cell = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "c"}}}
    made = nb.released({"cells": [cell | {"source": inside + "\n    x = 1"}]})
    assert "".join(made["cells"][0]["source"]).endswith("raise NotImplementedError()\n\n    x = 1")
    with pytest.raises(ValueError, match="c, class C: a solution region must begin inside"):
        nb.released({"cells": [cell | {"source": f"class C:\n{helper}"}]})


@pytest.mark.parametrize(
    "text",
    ["### BEGIN SOLUTION\nx", "x\n### END SOLUTION", "### BEGIN SOLUTION\n### BEGIN SOLUTION"],
)
def test_marks_that_do_not_fit_stop_the_release(text):
    with pytest.raises(ValueError):
        nb.without(text, nb.SOLUTION)


@EVERY
def test_the_bank_is_rich(assignment):
    bank = bank_of(assignment)
    assert len(bank["RIGHT"]) >= 4 and len(bank["WRONG"]) >= 15
    lost = {name for _, losing in bank["WRONG"].values() for name in losing}
    assert lost == {exercise.id for exercise in assignment.exercises}
    sources = [
        json.dumps(filled(assignment, cells)["cells"])
        for cells in [*bank["RIGHT"].values(), *(cells for cells, _ in bank["WRONG"].values())]
    ]
    assert len(set(sources)) == len(sources)


@EVERY
def test_points_times_and_goals_are_named(assignment):
    written = sum(assignment.written.values())
    title = nb.source(assignment.notebook["cells"][0])
    assert f"{assignment.points + written} points" in title
    assert f"{assignment.points} from the tests" in title and f"{written} from the written" in title
    assert "Afterwards you can" in title and "hour" in title
    for name in assignment.written:
        rubric = nb.within(nb.source(assignment.cells[name]), nb.SOLUTION)
        assert "1 point" in " ".join(rubric)


@EVERY
def test_a_hidden_test_has_a_topic_of_its_own_words(assignment):
    for exercise in assignment.exercises:
        for task in exercise.tasks:
            assert task.check.yours.__doc__, f"{exercise.id} has a check without a topic"


def test_nbgrader_makes_the_same_of_it(tmp_path):
    pytest.importorskip("nbgrader", reason="needs the extra `classroom`")
    import nbformat
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    for name, assignment in ASSIGNMENTS.items():
        theirs = nbformat.read(SOURCE / f"{name}.ipynb", as_version=4)
        for preprocessor in (ClearSolutions(), ClearHiddenTests()):
            theirs, _ = preprocessor.preprocess(theirs, {})
        ours = nb.released(assignment.notebook)
        for cell, other in zip(ours["cells"], theirs.cells, strict=True):
            assert nb.source(cell).rstrip() == other.source.rstrip(), nb.grade_id(cell)


def test_nbgrader_accepts_the_metadata():
    pytest.importorskip("nbgrader", reason="needs the extra `classroom`")
    import nbformat
    from nbgrader.nbgraderformat import MetadataValidator

    for name in ASSIGNMENTS:
        MetadataValidator().validate_nb(nbformat.read(SOURCE / f"{name}.ipynb", as_version=4))


@EVERY
def test_no_constant_passes_a_test(assignment):
    for exercise in assignment.exercises:
        for task in exercise.tasks:
            answers = []
            for seed in range(4):
                inputs = task.check.draw(seed)
                answers.append(task.check.judge(None, inputs)[0])
            for other in answers[1:]:
                assert difference(other, answers[0], task.check.tolerance), task.check.topic
