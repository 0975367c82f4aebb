"""One submission's grade.

Floor 5. Two passes over the student's cells, each in a process of its own: the first runs the
checks that students can see, and keeps what they returned for the feedback; the second runs the
hidden ones, and keeps only whether they passed. Convention: an exercise gets all of its points
when all its checks pass, and none otherwise.
"""

import hashlib
import time

from . import notebook as nb
from .checks import shown
from .plain import pack, unpack
from .sandbox import Stopped

# ---- what is taken from a submission -----------------------------------------------------------


class Submission:
    """The student's cells, sorted out by the teacher's notebook."""

    def __init__(self, assignment, notebook):
        locked = set(assignment.ids(locked=True))
        self.code, self.labels, self.written, places, count = [], [], {}, {}, 0
        for cell in notebook["cells"]:
            name = nb.grade_id(cell)
            count += cell["cell_type"] == "code" and bool(nb.source(cell).strip())
            if name in assignment.written:
                self.written[name] = nb.source(cell)
            elif name in locked:
                places.setdefault(name, len(self.code))
            elif cell["cell_type"] == "code":
                self.code.append(nb.source(cell))
                self.labels.append(_label(count, nb.source(cell)))
                if name in assignment.solutions:
                    places[name] = len(self.code)
        self.recognised = len(places.keys() & assignment.own)
        self.ready = {}  # exercise id: how many of the code cells stand before it
        reached = 0
        for exercise in assignment.exercises:
            reached = max([reached] + [places.get(n, 0) for n in (*exercise.needs, exercise.id)])
            self.ready[exercise.id] = reached


def _label(count, source):
    """By what a cell is found: Jupyter's number of it, if all are run in order, and how it begins.

    >>> _label(3, "import pandas\\n...")
    'cell 3 (`import pandas`)'
    """
    return f"cell {count} (`{source.strip().partition(chr(10))[0][:60]}`)"


# ---- running it --------------------------------------------------------------------------------


class Run:
    """The student's process, replaced when it fails, with the cells before it run again."""

    def __init__(self, sandbox, setup, setup_errors):
        self._sandbox, self._session, self._done = sandbox, None, []
        self._setup, self._setup_errors = setup, setup_errors
        self.position = 0  # the student's cell that comes next

    def begin(self, seconds):
        """Makes sure of a process in which all cells so far were run; the time of its exercise."""
        if self._session is None:
            self._session = self._sandbox.start()
            ends = time.monotonic() + seconds
            for name, source in self._setup.items():
                self._set_up(name, source, ends)
            for source in self._done:
                self._ask({"run": source}, ends)
        return time.monotonic() + seconds

    def _set_up(self, name, source, ends):
        """Runs a cell of the teacher's; its error is the reason of those that follow from it."""
        try:
            error = self._ask({"run": source}, ends).get("error")
        except Stopped as stopped:
            self._setup_errors[name] = text = f"set-up cell {name}: {stopped}"
            raise Stopped(text) from None
        if error:
            self._setup_errors[name] = f"set-up cell {name}: {_words(error)}"

    def cell(self, source, ends):
        """Runs a cell: None or [type, text, line] of its error. One that does not end is left."""
        reply = self._ask({"run": source}, ends)
        self._done.append(source)
        return reply.get("error")

    def forbidden(self, code, forbidden):
        """Which forbidden names the code uses; to be asked before any of it was run."""
        return self._ask({"inspect": code, "forbidden": forbidden}, self.begin(10))["value"]

    def call(self, task, inputs, ends):
        """What `yours` returns for these inputs: a reply."""
        return self._ask({"call": task.source, "inputs": pack(inputs)}, ends)

    def close(self):
        if self._session is not None:
            self._session.close()
        self._session = None

    def _ask(self, request, ends):
        if self._session is None:
            self.begin(ends - time.monotonic())
        try:
            return self._session.ask(request, ends - time.monotonic())
        except Stopped:
            self._session = None
            raise


class Grader:
    """Grades submissions of one assignment. `salt` decides the inputs, the same for everyone."""

    def __init__(self, assignment, sandbox, salt="", hurry=1.0):
        self.assignment, self.sandbox, self.salt, self.hurry = assignment, sandbox, salt, hurry
        self.exercises = assignment.exercises  # read before anyone is graded, in several threads

    def grade(self, notebook, stop=False):
        """The result as plain data; with `stop`, only up to the first point lost."""
        began, assignment = time.monotonic(), self.assignment
        submission = Submission(assignment, notebook)
        setup_errors, errors = {}, {}  # of the teacher's cells by name, the student's by number
        run = Run(self.sandbox, assignment.setup, setup_errors)
        fault = self._forbidden(run, submission.code)
        results = {e.id: _blank(e, fault) for e in self.exercises}
        self._pass(run, submission, results, False, errors, stop)
        run = Run(self.sandbox, assignment.setup, setup_errors)
        self._pass(run, submission, results, True, errors, stop)
        for exercise in self.exercises:
            result = results[exercise.id]
            result["score"] = 0 if result["fault"] else exercise.points
        return {
            "score": sum(result["score"] for result in results.values()),
            "points": assignment.points,
            "seconds": round(time.monotonic() - began, 3),
            "recognised": submission.recognised,
            "exercises": list(results.values()),
            "errors": [*setup_errors.values(), *(text for _, (text, _) in sorted(errors.items()))],
            "written": [
                {"id": name, "points": points, "answer": submission.written.get(name, "")[:20_000]}
                for name, points in assignment.written.items()
            ],
        }

    def _forbidden(self, run, code):
        """None, or that the code uses what it is to write itself."""
        try:
            names = run.forbidden(code, self.assignment.forbidden)
        except Stopped as stopped:
            return f"could not be read: {stopped}"
        return f"uses {', '.join(names)}, which is to be written here" if names else None

    def _pass(self, run, submission, results, hidden, errors, stop):
        """One pass over the cells. Faults go into the results, the cells' own into `errors`, as
        {number: (its text, whether the process was lost)}.
        """
        remaining = {
            e.id: [(n, task) for n, task in enumerate(e.tasks) if task.hidden == hidden]
            for e in self.exercises
            if not results[e.id]["fault"]
        }
        remaining = {name: tasks for name, tasks in remaining.items() if tasks}
        try:
            for exercise in self.exercises:
                if not remaining or (stop and any(result["fault"] for result in results.values())):
                    return
                result, began = results[exercise.id], time.monotonic()
                tasks = remaining.pop(exercise.id, ())
                try:
                    ends = run.begin(exercise.seconds * self.hurry)
                    until = submission.ready[exercise.id]
                    self._cells(run, submission, until, hidden, errors, ends)
                    for number, task in tasks:
                        self._judge(run, exercise, number, task, result, ends)
                except Stopped as stopped:
                    result["fault"] = result["fault"] or str(stopped)
                result["seconds"] = round(result["seconds"] + time.monotonic() - began, 3)
        finally:
            run.close()

    def _cells(self, run, submission, until, hidden, errors, ends):
        """Runs the student's cells up to one; a cell that ends its process is not run again."""
        while run.position < until and time.monotonic() < ends:
            number = run.position
            run.position += 1
            if number in errors and errors[number][1]:
                continue
            try:
                error = run.cell(submission.code[number], ends)
            except Stopped as stopped:
                text = f"{submission.labels[number]}: {stopped}"
                errors.setdefault(number, (text, True))
                raise Stopped(text) from None
            if error and not hidden:
                errors[number] = f"{submission.labels[number]}: {_words(error)}", False

    def _judge(self, run, exercise, number, task, result, ends):
        """One check; what it showed goes into the result, and of a hidden one only if it passed."""
        if result["fault"] and task.hidden:
            return
        seed = hashlib.sha256(f"{self.salt}/{exercise.id}/{number}".encode()).digest()
        inputs = task.check.draw(int.from_bytes(seed[:8], "big"))
        entry = {"topic": task.check.topic, "hidden": task.hidden, "passed": False}
        result["checks"].append(entry)
        wanted = None
        try:
            reply = run.call(task, inputs, ends)
            if "error" in reply:
                fault = yours = f"stops with {_words(reply['error'])}"
            else:
                given = unpack(reply["value"])
                wanted, fault = task.check.judge(given, inputs)
                yours = shown(given)
        except Stopped as stopped:
            fault = yours = str(stopped)
        except ValueError:
            fault = yours = "sent back something that is no answer"
        entry["passed"] = fault is None
        if fault:
            result["fault"] = result["fault"] or ("a hidden test" if task.hidden else fault)
        if not task.hidden:
            entry["inputs"] = {name: shown(value) for name, value in inputs.items()}
            entry |= {"yours": yours, "expected": None if wanted is None else shown(wanted)}
            entry["fault"] = fault


def _blank(exercise, fault):
    """The result of an exercise before anything was run."""
    hidden = sum(task.hidden for task in exercise.tasks)
    facts = {"id": exercise.id, "points": exercise.points, "hidden": hidden}
    return facts | {"seconds": 0, "fault": fault, "checks": []}


def _words(error):
    """The worker's account of an error, in a sentence; it may have been forged."""
    if not isinstance(error, list) or len(error) != 3:
        return "an error"
    kind, text, line = (str(part)[:300] for part in error)
    return f"{kind}: {text}".rstrip(": ") + (f" (line {line})" if line != "None" else "")
