"""A class at once: the submissions in a folder, graded side by side, each grade a file.

Floor 5. A grade is written whole or not at all, and says what it was made from (the submission, the
teacher's notebook); what is already there and still true is not made again. So a run that was
killed goes on where it was, and a corrected test or a new submission is regraded by running again.
"""

import collections
import contextlib
import hashlib
import json
import re
import secrets
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from ..serialization.atomic import replacing
from . import notebook as nb
from .grading import Grader

FORM = 1  # of the files with grades; one of another form is made again
SKIP = {".ipynb_checkpoints", "__MACOSX"}

# ---- finding submissions -----------------------------------------------------------------------


def submissions(folder, assignment):
    """{student: notebook path}, from nbgrader's layout, one folder per student, or one file each.

    A student's name is the first folder below `folder` (or below its `submitted/`), or the file's
    name without the assignment's. If a student handed in more than one file, the newest counts.
    """
    folder, found = _top(folder), collections.defaultdict(list)
    for path in sorted(folder.rglob("*.ipynb")):
        parts = path.relative_to(folder).parts
        # A link could lead to a file that is not the student's.
        if path.is_symlink() or not path.is_file() or SKIP & set(parts):
            continue
        name = parts[0] if len(parts) > 1 else path.stem.replace(assignment.name, "")
        found[_student(name) or path.stem].append(path)
    named = {student: [p for p in paths if p.stem == assignment.name] or paths
             for student, paths in found.items()}  # fmt: skip
    return {s: max(paths, key=lambda path: path.stat().st_mtime) for s, paths in named.items()}


def empty_handed(folder, found):
    """The students in `folder` who handed something in that is no notebook."""
    names = {_student(path.name) for path in _top(folder).iterdir()
             if path.is_dir() and path.name not in SKIP and any(path.iterdir())}  # fmt: skip
    return sorted(names - found.keys())


def _top(folder):
    """Where the submissions are; ValueError if there is no such folder."""
    if not Path(folder).is_dir():
        raise ValueError(f"there is no folder {folder}")
    inner = Path(folder) / "submitted"
    return inner if inner.is_dir() else Path(folder)


def _student(name):
    """What an LMS adds to a name is left off.

    >>> _student("Ada Lovelace_123_assignsubmission_file_"), _student("ada_")
    ('Ada Lovelace_123', 'ada')
    """
    return re.sub(r"_assignsubmission_file_?$", "", name).strip("_- .")


def which(assignments, folder):
    """The assignment that most notebooks in the folder are about; ValueError if there is none."""
    votes = collections.Counter()
    for path in sorted(_top(folder).rglob("*.ipynb"))[:50]:
        try:
            ids = {nb.grade_id(cell) for cell in nb.read(path)["cells"]}
        except (ValueError, OSError):
            continue
        votes.update({a: len(ids & a.own) for a in assignments})
    if not votes or not max(votes.values()):
        raise ValueError(f"no notebook in {folder} belongs to an assignment; name it: --assignment")
    return votes.most_common(1)[0][0]


# ---- grading them ------------------------------------------------------------------------------


def salt_of(results):
    """The secret that decides the inputs of the tests: made once, the same for the whole class."""
    path = Path(results) / "salt.txt"
    if not path.exists():
        Path(results).mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(secrets.token_hex(16).encode())
    return path.read_text()


def grade_all(assignment, found, results, sandbox, workers=2, again=False, progress=iter):
    """Grades what has no grade yet; (students graded, {student: why it was not possible}).

    `found` is {student: path}, and `results` the folder for the grades. `progress` is given an
    iterable with a length, and passes it on while it shows how far it is.
    """
    results = Path(results)
    grader = Grader(assignment, sandbox, salt_of(results))
    made_from = {student: _origin(path, grader) for student, path in found.items()}
    ungraded = [s for s, origin in made_from.items() if again or grade_of(results, s) != origin]
    failed = {}

    def one(student):
        facts = {"student": student, "assignment": assignment.name}
        result = facts | {"made_from": made_from[student]} | grade_file(grader, found[student])
        with replacing(results / f"{student}.json") as file:
            file.write(json.dumps(result, indent=1).encode())

    with side_by_side(workers) as pool:
        waiting = {pool.submit(one, student): student for student in ungraded}
        for done in progress(_Sized(as_completed(waiting), len(waiting))):
            if done.exception():
                failed[waiting[done]] = repr(done.exception())
    return [student for student in ungraded if student not in failed], failed


@contextlib.contextmanager
def side_by_side(workers):
    """A pool of threads that finishes what it began, and no more, when somebody stops it."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def grade_file(grader, path):
    """The result for one file; one that is no notebook gets an empty one, with the reason."""
    try:
        notebook, fault = nb.read(path), None
    except ValueError as error:
        notebook, fault = {"cells": []}, str(error)
    result = grader.grade(notebook)
    if not result["recognised"]:
        fault = fault or f"none of its cells belongs to {grader.assignment.name}"
    return result | {"file": Path(path).name, "unreadable": fault}


def grade_of(results, student):
    """What the grade that is there was made from, or None."""
    path = Path(results) / f"{student}.json"
    return json.loads(path.read_text())["made_from"] if path.exists() else None


def _origin(path, grader):
    with open(path, "rb") as file:
        submission = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    return [FORM, submission, grader.assignment.fingerprint, grader.salt]


class _Sized:
    """An iterator whose length is known."""

    def __init__(self, items, length):
        self._items, self._length = items, length

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return self._length
