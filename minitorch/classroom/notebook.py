"""Notebooks as files: cells, what nbgrader says about them, and the marks in their source.

Floor 5; the standard library only. Convention: a notebook is the dictionary that its JSON is, and
a cell is found by its `grade_id`, never by its place.
"""

import ast
import copy
import json
import re
from pathlib import Path

LARGEST = 10 * 2**20  # bytes of a submission
SOLUTION = ("### BEGIN SOLUTION", "### END SOLUTION")
HIDDEN = ("### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS")
CODE_STUB = ("# YOUR CODE HERE", "raise NotImplementedError()")
TEXT_STUB = ("YOUR ANSWER HERE",)


def read(path):
    """The notebook in a file; ValueError if there is none."""
    if Path(path).stat().st_size > LARGEST:
        raise ValueError(f"larger than {LARGEST // 2**20} MiB")
    try:
        notebook = json.loads(Path(path).read_bytes())
        for cell in notebook["cells"]:
            source(cell), hash(grade_id(cell)), cell["cell_type"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a notebook ({type(error).__name__})") from None
    return notebook


def write(notebook, path):
    """Writes it as JupyterLab would."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")


def source(cell):
    """The text of a cell, which files store as lines or as one string."""
    return "".join(cell["source"])


def settings(cell):
    """What nbgrader's metadata say about a cell: {} for one that is not its business."""
    return cell.get("metadata", {}).get("nbgrader", {})


def grade_id(cell):
    return settings(cell).get("grade_id")


# ---- marks in a source -------------------------------------------------------------------------


def regions(text, marks):
    """Line numbers (from 1) that lie between two marks, the marks included; [] if there are none.

    ValueError if a mark lacks its other half.

    >>> regions("a\\n### BEGIN SOLUTION\\nb\\n### END SOLUTION\\nc", SOLUTION)
    [2, 3, 4]
    """
    inside, found = False, []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() == marks[inside]:
            inside = not inside
            found.append(number)
        elif line.strip() in marks:
            raise ValueError(f"{line.strip()!r} on line {number} is out of place")
        elif inside:
            found.append(number)
    if inside:
        raise ValueError(f"{marks[0]!r} is never closed")
    return found


def within(text, marks):
    """The lines between the marks."""
    lines = text.splitlines()
    inner = [lines[number - 1] for number in regions(text, marks)]
    return [line for line in inner if line.strip() not in marks]


def without(text, marks, stub=()):
    """The text without what lies between the marks; the stub stands there instead, indented.

    >>> print(without("def f():\\n    ### BEGIN SOLUTION\\n    return 1\\n    ### END SOLUTION",
    ...               SOLUTION, ("# YOUR CODE HERE",)))
    def f():
        # YOUR CODE HERE
    """
    dropped, kept = set(regions(text, marks)), []
    for number, line in enumerate(text.splitlines(), 1):
        if number not in dropped:
            kept.append(line)
        elif line.strip() == marks[0]:
            indent = re.match(r"\s*", line)[0]
            kept += [indent + part for part in stub]
    return "\n".join(kept)


def without_marks(text, marks):
    """The text with all its lines but the marks themselves."""
    return "\n".join(line for line in text.splitlines() if line.strip() not in marks)


# ---- what students get -------------------------------------------------------------------------


def released(notebook):
    """The student's notebook: no solutions, no hidden tests, no outputs; locked cells are locked.

    ValueError if a line of a solution or of a hidden test can still be read in it, or if a stub
    stands where it ends a class.
    """
    result = copy.deepcopy(notebook)
    for cell in result["cells"]:
        stub = CODE_STUB if cell["cell_type"] == "code" else TEXT_STUB
        text = without(without(source(cell), HIDDEN), SOLUTION, stub).rstrip()
        cell["source"] = text.splitlines(keepends=True)
        if cell["cell_type"] == "code" and _ended_classes(text):
            where = f"{grade_id(cell)}, class {_ended_classes(text)[0]}"
            raise ValueError(f"{where}: a solution region must begin inside a method")
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        if settings(cell).get("locked"):
            cell["metadata"] |= {"editable": False, "deletable": False}
    leaks = leaked(notebook, result)
    if leaks:
        raise ValueError("the released notebook still shows " + "; ".join(map(repr, leaks)))
    return result


def _ended_classes(text):
    """The classes that a stub in their own body ends, whatever the student writes elsewhere."""
    try:
        nodes = ast.walk(ast.parse(text))
    except SyntaxError:  # a magic of IPython's
        return []
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    return [c.name for c in classes if any(isinstance(line, ast.Raise) for line in c.body)]


def leaked(notebook, result):
    """Lines of solutions and hidden tests that stand in the released notebook.

    Short lines (`return g`) and those that the teacher shows elsewhere are not secret.
    """
    secret, public = set(), set()
    for cell in notebook["cells"]:
        text = source(cell)
        kept = without(without(text, HIDDEN), SOLUTION)
        public |= {line.strip() for line in kept.splitlines()}
        secret |= {line.strip() for line in within(text, HIDDEN) + within(text, SOLUTION)}
    shown = json.dumps(result, ensure_ascii=False)
    long = [line for line in secret - public if len(line) > 12 and not line.startswith("#")]
    return sorted(line for line in long if json.dumps(line, ensure_ascii=False)[1:-1] in shown)
