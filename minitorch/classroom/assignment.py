"""An assignment: a teacher's notebook in nbgrader's source format, read as exercises.

Floor 5. An exercise is a test cell with its points; its checks are the calls of `compare` in it.
The teacher's set-up and test cells run in the grader's process, with `compare` noting what it is
called with. Convention: what is secret about a check is decided by where its call stands, inside
`### BEGIN HIDDEN TESTS` or outside.
"""

import ast
import hashlib
import json
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from . import notebook as nb
from .checks import Check

SECONDS = 5  # an exercise's time, unless its cell's metadata say {"minitorch": {"seconds": n}}


@dataclass(frozen=True)
class Task:
    """A check with the source of its `yours`, as the student's process gets it."""

    check: Check
    source: str
    hidden: bool


@dataclass
class Exercise:
    """A test cell: its tasks, and the solution cells that stand before it in the notebook."""

    id: str
    points: float
    seconds: float
    tasks: list[Task]
    needs: list[str] = field(default_factory=list)


class Assignment:
    """The notebook `path`; ValueError if it is not one that can be graded."""

    def __init__(self, path):
        self.path = Path(path)
        self.name = self.path.stem
        self.notebook = nb.read(path)
        self.cells = {nb.grade_id(cell): cell for cell in self.notebook["cells"]}
        self.cells.pop(None, None)
        options = self.notebook["metadata"].get("minitorch", {})
        self.forbidden = options.get("forbidden", [])

    # ---- its cells, by what they are for -------------------------------------------------------

    def ids(self, **wanted):
        """The grade ids of the cells whose nbgrader settings are these, in order."""
        cells = self.cells.items()
        return [
            name
            for name, cell in cells
            if all(nb.settings(cell).get(key, False) == value for key, value in wanted.items())
        ]

    @property
    def solutions(self):
        """{grade id: reference solution} of the cells for the student's code."""
        ids = self.ids(solution=True, grade=False)
        return {
            name: nb.without_marks(nb.source(self.cells[name]), nb.SOLUTION)
            for name in ids
            if self.cells[name]["cell_type"] == "code"
        }

    @property
    def names(self):
        """The functions and classes that the solutions define."""
        kinds = (ast.FunctionDef, ast.ClassDef)
        nodes = [node for source in self.solutions.values() for node in ast.parse(source).body]
        return [node.name for node in nodes if isinstance(node, kinds)]

    @property
    def written(self):
        """{grade id: points} of the questions that a person grades."""
        ids = self.ids(solution=True, grade=True)
        return {name: nb.settings(self.cells[name])["points"] for name in ids}

    @property
    def setup(self):
        """{grade id: source} of the locked code cells that are no tests."""
        cells = {name: self.cells[name] for name in self.ids(solution=False, grade=False)}
        return {n: nb.source(cell) for n, cell in cells.items() if cell["cell_type"] == "code"}

    @cached_property
    def exercises(self):
        """The test cells, read."""
        namespace = {"__name__": "__main__"}
        for name, source in self.setup.items():
            self._execute(name, source, namespace)
        found, before = [], []
        for name, cell in self.cells.items():
            if name in self.solutions:
                before.append(name)
            elif nb.settings(cell).get("grade") and name not in self.written:
                found.append(self._exercise(name, cell, namespace, list(before)))
        return found

    def _exercise(self, name, cell, namespace, needs):
        tasks, source = [], nb.source(cell)
        hidden = nb.regions(source, nb.HIDDEN)
        functions = {
            node.lineno: ast.get_source_segment(source, node)
            for node in ast.parse(source).body
            if isinstance(node, ast.FunctionDef)
        }

        def note(yours, expected, *, tolerance=1e-6, **inputs):
            line = sys._getframe(1).f_lineno
            text = functions[yours.__code__.co_firstlineno]
            tasks.append(Task(Check(yours, expected, inputs, tolerance), text, line in hidden))

        self._execute(name, source, namespace | {"compare": note})
        if not tasks:
            raise ValueError(f"the test cell {name} of {self.name} compares nothing")
        seconds = cell["metadata"].get("minitorch", {}).get("seconds", SECONDS)
        return Exercise(name, nb.settings(cell)["points"], seconds, tasks, needs)

    def _execute(self, name, source, namespace):
        try:
            exec(compile(source, name, "exec"), namespace)
        except Exception as error:
            text = f"the cell {name} of {self.name} stops with {type(error).__name__}: {error}"
            raise ValueError(text) from error

    @property
    def own(self):
        """The grade ids by which a submission is recognised: those of its solutions and tests."""
        return set(self.ids(solution=True)) | set(self.ids(grade=True))

    # ---- facts ---------------------------------------------------------------------------------

    @property
    def points(self):
        """What the tests give at most, without the written questions."""
        return sum(exercise.points for exercise in self.exercises)

    @cached_property
    def fingerprint(self):
        """Changes when anything does that can change a grade."""
        cells = [[name, nb.source(cell), nb.settings(cell)] for name, cell in self.cells.items()]
        text = json.dumps([cells, self.notebook["metadata"]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def assignments(folder):
    """The assignments in a folder, by name."""
    paths = sorted(Path(folder).glob("*.ipynb"))
    return {path.stem: Assignment(path) for path in paths}
