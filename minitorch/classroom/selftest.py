"""The proof: submissions whose grade is known, graded.

Floor 5. Beside the notebook of an assignment, `NAME.ipynb`, lies its bank, `NAME_bank.py`, with

- `RIGHT = {what it does: cells}`, different right ways, each to get full marks;
- `WRONG = {the mistake: (cells, [tests])}`, each to lose exactly the points of those tests;
- `EQUIVALENT = {mutant: reason}`, changes of the solution that change nothing that was asked.

`cells` are {grade id: the cell's source, or [(old, new), ...] for changes to the solution}; what is
not named is the reference solution. Hostile submissions are the same for all (`hostile.py`).
"""

import contextlib
import os
import runpy
import secrets
import socket
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import notebook as nb
from .folders import side_by_side
from .grading import Grader
from .hostile import hostile, with_cells
from .mutants import mutants

HURRY = 0.4  # of an exercise's time, for code that has to be ended
KINDS = ("right", "wrong", "hostile", "mutants")
KILLED = 0.95  # of the mutants, at least


@dataclass
class Proof:
    """What was tried, by kind: how many held, of how many, and a line for each that did not."""

    name: str
    counts: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)
    equivalent: int = 0

    def note(self, kind, fault):
        held, tried = self.counts.get(kind, (0, 0))
        self.counts[kind] = held + (fault is None), tried + 1
        if fault:
            self.faults.append(f"{kind}: {fault}")

    @property
    def holds(self):
        """Whether all is as it should be, and nearly all mutants lose points."""
        killed, made = self.counts.get("mutants", (0, 0))
        rest = [counts for kind, counts in self.counts.items() if kind != "mutants"]
        return all(held == tried for held, tried in rest) and killed >= KILLED * made

    def __str__(self):
        words = [f"{kind} {held}/{tried}" for kind, (held, tried) in self.counts.items()]
        return f"{self.name}: " + ", ".join(words) + f" ({self.equivalent} more change nothing)"


def bank_of(assignment):
    """The bank beside the notebook; ValueError if it names cells or tests that are not there."""
    bank = runpy.run_path(str(assignment.path.with_name(f"{assignment.name}_bank.py")))
    tests = {exercise.id for exercise in assignment.exercises}
    cells = list(bank["RIGHT"].values()) + [cells for cells, _ in bank["WRONG"].values()]
    unknown = {name for patch in cells for name in patch} - assignment.solutions.keys()
    unknown |= {name for _, losing in bank["WRONG"].values() for name in losing} - tests
    if unknown:
        raise ValueError(f"the bank of {assignment.name} names {sorted(unknown)}")
    return bank


def filled(assignment, cells):
    """The released notebook with the solutions in it, some of them changed."""
    sources = dict(assignment.solutions)
    for name, change in cells.items():
        sources[name] = change if isinstance(change, str) else _edited(sources[name], change)
    return with_cells(nb.released(assignment.notebook), sources)


def _edited(source, changes):
    for old, new in changes:
        if old not in source:
            raise ValueError(f"the solution has no {old!r}")
        source = source.replace(old, new)
    return source


# ---- the four kinds ----------------------------------------------------------------------------


def prove(assignment, sandbox, workers=2, progress=iter, kinds=KINDS):
    """The Proof of one assignment; `progress` is given the list of what is to be tried."""
    grader, bank = Grader(assignment, sandbox, "selftest"), bank_of(assignment)
    hurried = Grader(assignment, sandbox, "selftest", HURRY)
    proof = Proof(assignment.name)
    with outside() as (folder, attacks), side_by_side(workers) as pool:
        jobs = []
        if "right" in kinds:
            jobs += [("right", _right, grader, name, filled(assignment, cells))
                     for name, cells in {"the solution": {}, **bank["RIGHT"]}.items()]  # fmt: skip
        if "wrong" in kinds:
            jobs += [("wrong", _wrong, grader, name, filled(assignment, cells), losing)
                     for name, (cells, losing) in bank["WRONG"].items()]  # fmt: skip
        if "hostile" in kinds:
            submissions = {"is empty": nb.released(assignment.notebook)}
            submissions |= hostile(assignment, folder, attacks.port)
            jobs += [("hostile", _hostile, hurried, name, notebook, attacks)
                     for name, notebook in submissions.items()]  # fmt: skip
        if "mutants" in kinds:
            jobs += _mutant_jobs(assignment, hurried, bank, proof)
        waiting = [(kind, pool.submit(judge, *rest)) for kind, judge, *rest in jobs]
        for kind, future in progress(waiting):
            proof.note(kind, future.result())
        if "hostile" in kinds:
            proof.note("hostile", attacks.damage())
    return proof


def _right(grader, name, notebook):
    result = grader.grade(notebook)
    lost = [e for e in result["exercises"] if e["fault"]]
    reasons = [*result["errors"], *(e["fault"] for e in lost)]
    return f"{name}: loses {lost[0]['id']}: {reasons[0]}" if lost else None


def _wrong(grader, name, notebook, losing):
    result = grader.grade(notebook)
    lost = [e["id"] for e in result["exercises"] if e["fault"]]
    return None if sorted(lost) == sorted(losing) else f"{name}: loses {lost}, not {losing}"


def _hostile(grader, name, notebook, attacks):
    result = grader.grade(notebook)
    if result["score"]:
        kept = [e["id"] for e in result["exercises"] if e["score"]]
        return f"{name}: gets points for {kept}"
    text = repr(result)
    if attacks.secret in text or "HIDDEN TESTS" in text:
        return f"{name}: shows what it must not have read"
    return None


def _mutant_jobs(assignment, grader, bank, proof):
    """A job for every mutant but those that are known to change nothing."""
    known, made = dict(bank["EQUIVALENT"]), []
    for cell, source in assignment.solutions.items():
        for label, text in mutants(cell, source).items():
            if known.pop(label, None):
                proof.equivalent += 1
            else:
                made.append(("mutants", _mutant, grader, label, filled(assignment, {cell: text})))
    for label in known:
        proof.faults.append(f"the bank explains a mutant that is not made: {label}")
    return made


def _mutant(grader, label, notebook):
    result = grader.grade(notebook, stop=True)
    return f"{label} survives" if result["score"] == result["points"] else None


# ---- what hostile submissions are after --------------------------------------------------------


class Attacks:
    """A secret in a teacher's folder, and an open port: signs of what got out of the sandbox."""

    def __init__(self, folder):
        self.folder, self.secret = Path(folder), secrets.token_hex(8)
        (self.folder / "grades.json").write_text(self.secret)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.setblocking(False)
        self.port = self.server.getsockname()[1]

    def damage(self):
        """None, or what was found: a file that was planted, a call, a process left behind."""
        if sorted(path.name for path in self.folder.iterdir()) != ["grades.json"]:
            return "a file was written into the teacher's folder"
        with contextlib.suppress(BlockingIOError):
            self.server.accept()[0].close()
            return "a submission reached the network"
        mark = f"# for {os.getpid()}".encode()
        for _ in range(50):  # the kernel takes its time to end a process that held much memory
            if not any(mark in command for command in _commands()):
                return None
            time.sleep(0.1)
        return "a process was left running"


@contextlib.contextmanager
def outside():
    """A folder outside the sandbox, and what is watched there."""
    with tempfile.TemporaryDirectory() as folder:
        attacks = Attacks(folder)
        with attacks.server:
            yield folder, attacks


def _commands():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()
