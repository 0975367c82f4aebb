"""The exercises of every chapter: right answers pass, typical wrong ones are told what is wrong.

The answers stand in tests/exercises/, one file a chapter. What is run is the chapter's own check
cell, after its first cells and those that the file names.
"""

import os
import re
from importlib import import_module

import nbformat
import portable
import pytest

import minitorch
from minitorch.learn import Lesson, lesson, progress
from minitorch.learn.exercise import KINDS, Exercise, Wrong, choice, close

NUMBERS = sorted(path.stem[:2] for path in portable.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
ANSWERS = {number: import_module(f"exercises.chapter_{number}") for number in NUMBERS}
LESSONS = {number: lesson(number, minitorch)._exercises for number in NUMBERS}


def right_answers():
    for number, exercises in LESSONS.items():
        for which, exercise in exercises.items():
            for answer in [exercise.solution, *ANSWERS[number].RIGHT[which]]:
                yield number, which, answer


def wrong_answers():
    for number, answers in ANSWERS.items():
        for which, wrong in answers.WRONG.items():
            for answer, fragment in wrong:
                yield number, which, answer, fragment


# ---- every exercise is whole -------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_three_to_five_exercises_with_hints_and_answers(number):
    exercises, answers = LESSONS[number], ANSWERS[number]
    assert 3 <= len(exercises) <= 5
    assert [KINDS.index(e.kind) for e in exercises.values()] == sorted(
        KINDS.index(e.kind) for e in exercises.values()
    )
    assert set(answers.RIGHT) == set(answers.WRONG) == set(exercises)
    for which, exercise in exercises.items():
        assert exercise.hints
        assert len(set(answers.RIGHT[which])) >= 3
        assert len({answer for answer, fragment in answers.WRONG[which]}) >= 5
        assert all(fragment for answer, fragment in answers.WRONG[which])


# ---- answers -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page():
    """`page(number, lib)`: the chapter's cells by id, and the names that its setup leaves."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.instance()  # `display` asks for it
    made = {}

    def open_page(number, lib):
        if (number, lib) not in made:
            path = next(portable.NOTEBOOKS.glob(f"{number}_*.ipynb"))
            notebook, cells, names = nbformat.read(path, as_version=4), {}, {}
            setup = ["imports", *ANSWERS[number].SETUP, "lesson"]
            for cell in notebook.cells:
                source = cell.source if lib == "minitorch" else portable.as_torch(cell.source)
                if lib == "torch" and portable.ONLY in portable.tags_of(cell):
                    source = cell.metadata.get("torch", "")
                cells[cell.id] = source
                if cell.id in setup or re.fullmatch(r"ex\d-question", cell.id):
                    exec(source, names)
            made[number, lib] = cells, names
        return made[number, lib]

    return open_page


def reply(page, number, which, answer, capsys, lib="minitorch"):
    """What the check cell of the chapter prints for an answer."""
    cells, names = page(number, lib)
    names = dict(names)
    exec(answer if lib == "minitorch" else portable.as_torch(answer), names)
    capsys.readouterr()
    exec(cells[f"ex{which}-check"], names)
    return capsys.readouterr().out.strip()


quiet = pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")


@quiet
@pytest.mark.parametrize(("number", "which", "answer"), list(right_answers()))
def test_right_answers_pass(page, number, which, answer, capsys):
    assert f"Exercise {which}: right." in reply(page, number, which, answer, capsys)


@quiet
@pytest.mark.parametrize(("number", "which", "answer", "fragment"), list(wrong_answers()))
def test_wrong_answers_are_told_what_is_wrong(page, number, which, answer, fragment, capsys):
    said = reply(page, number, which, answer, capsys)
    assert said.startswith(f"Exercise {which}: not yet:")
    assert fragment in said


@quiet
@pytest.mark.torch
@pytest.mark.parametrize("number", NUMBERS)
def test_the_checks_judge_the_same_on_torch(page, number, capsys):
    for chapter, which, answer in right_answers():
        if chapter == number:
            said = reply(page, number, which, answer, capsys, lib="torch")
            assert f"Exercise {which}: right." in said
    for chapter, which, answer, _ in wrong_answers():
        if chapter == number:
            said = reply(page, number, which, answer, capsys, lib="torch")
            assert said.startswith(f"Exercise {which}: not yet:"), answer


# ---- the lesson itself -------------------------------------------------------------------------


def is_two(answer, lib):
    if answer() != 2:
        raise Wrong(f"yours is {answer()}")


@pytest.fixture
def two(tmp_path, monkeypatch):
    monkeypatch.setenv("MINITORCH_PROGRESS", str(tmp_path / "kept.json"))
    exercise = Exercise("build", is_two, hints=("count", "1 + 1"), solution="\nanswer = 2\n")
    return Lesson("99", [exercise], minitorch)


def test_a_lesson_checks_hints_and_shows(two, capsys):
    two.check(1, None)
    two.check(1, lambda: 3)
    two.check(1, lambda: 1 / 0)
    two.hint(1), two.hint(1), two.hint(1), two.solution(1)
    two.check(1, lambda: 2)
    line = test_a_lesson_checks_hints_and_shows.__code__.co_firstlineno + 3
    assert capsys.readouterr().out.splitlines() == [
        "Exercise 1 waits for your answer.",
        "Exercise 1: not yet: yours is 3",
        "Exercise 1: not yet: your code stops with ZeroDivisionError: division by zero "
        f"(line {line} of your cell)",
        "Hint 1 of 2: count",
        "Hint 2 of 2: 1 + 1",
        "Hint 2 of 2: 1 + 1",
        "answer = 2",
        "Exercise 1: right.",
    ]


def test_progress_is_kept_and_shown(two, capsys, tmp_path):
    assert repr(two) == "Chapter 99: 0 of 1 solved\n  [ ] 1 build"
    two.check(1, lambda: 2)
    two.check(1, lambda: 3)  # what was solved stays solved
    assert repr(two) == "Chapter 99: 1 of 1 solved\n  [x] 1 build"
    capsys.readouterr()
    progress()
    assert capsys.readouterr().out == "Chapter 99: exercises 1 solved\n"
    (tmp_path / "kept.json").write_text("{broken")
    assert repr(two).startswith("Chapter 99: 0 of 1")
    os.environ["MINITORCH_PROGRESS"] = str(tmp_path / "nowhere" / "kept.json")
    two.check(1, lambda: 2)
    assert "could not be kept: No such file" in capsys.readouterr().out


def test_a_lesson_refuses_what_is_not_there(two):
    with pytest.raises(ValueError, match="has exercises 1 to 1, not 2"):
        two.hint(2)
    with pytest.raises(ValueError, match="no exercises for a chapter '77'"):
        lesson("77", minitorch)


def test_helpers_say_what_differs():
    with pytest.raises(Wrong, match="one of the letters A, B; yours is 'x'"):
        choice("x", "A", "AB", {"B": "b"})
    with pytest.raises(Wrong, match="not B: too big"):
        choice("B", "A", "AB", {"B": "too big"})
    one = minitorch.ones(2)
    close(one, one + 1e-7, "x")
    close(2.0, 2, "x")
    for yours, expected, words in [
        (one, minitorch.ones(3), r"of shape \(3,\), yours is \(2,\)"),
        (1.0, one, "should be a tensor, but is of type float"),
        (one + 1, one, r"off by up to 1: yours is \[2, 2\]"),
        (one * float("nan"), one, "off by up to nan"),
        ("2", 2, "should be a number, but is of type str"),
        (3.0, 2, "is 3 with yours"),
    ]:
        with pytest.raises(Wrong, match=words):
            close(yours, expected, "x")
