"""The pages of a report, as HTML: one for each student, one for the class.

Floor 5; the standard library only. No scripts and nothing from the network, so a page can be
mailed or put into an LMS. Convention: everything that came from a submission is escaped.
"""

import collections
from html import escape

STYLE = """
:root { color-scheme: light dark; --text: #1b1b1b; --page: #fff; --box: #f5f5f5; --line: #ddd;
        --track: #e4e4e4; --bar: #2f6db3; --right: #0b6b3a; --wrong: #a3240f }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --page: #16181b; --box: #23262b; --line: #3b4048;
          --track: #33383f; --bar: #6ea8e6; --right: #6fd3a0; --wrong: #ff9a87 }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
       color: var(--text); background: var(--page) }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin: 1.6rem 0 .3rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .3rem .6rem;
        border-bottom: 1px solid var(--line); vertical-align: top } td { overflow-wrap: anywhere }
pre { font: 14px/1.45 ui-monospace, monospace; white-space: pre-wrap; background: var(--box);
      padding: .6rem; margin: .3rem 0; overflow-wrap: anywhere }
.score { font-size: 1.3rem } .right { color: var(--right) } .wrong { color: var(--wrong) }
dt { font-weight: 600 } dd { margin: 0 0 .4rem }
.bar { display: inline-block; height: .8rem; background: var(--bar) }
.track { display: inline-block; width: 10rem; background: var(--track); line-height: 0 }
"""


def page(title, *parts):
    """A whole HTML page."""
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head>\n<body><main><h1>{escape(title)}</h1>\n"
        + "\n".join(parts)
        + "\n</main></body></html>\n"
    )


def number(value):
    return f"{value:g}"


# ---- a student ---------------------------------------------------------------------------------


def student_page(assignment, result):
    """What a student gets back: points, and for each test what it saw."""
    score = f"Tests: {number(result['score'])} of {number(result['points'])} points"
    parts = [f'<p class="score">{score}{_written_sum(result)}</p>']
    if result["unreadable"]:
        fault = f"The file could not be graded: {escape(result['unreadable'])}."
        parts.append(f'<p class="wrong">{fault} Please ask your teacher.</p>')
    if result["errors"]:
        parts.append("<h2>Cells that ended with an error</h2>")
        parts.append(
            "<p>All was run from the top in a clean process; cells are numbered as Jupyter does it "
            "after <i>Restart Kernel and Run All Cells</i>. What a cell was to define is missing "
            "after its error: a <code>NameError</code> below can come from here.</p>"
        )
        parts.append(f"<pre>{escape(chr(10).join(result['errors']))}</pre>")
    parts += [_exercise(exercise) for exercise in result["exercises"]]
    parts += [_question(question) for question in result["written"]]
    return page(f"{assignment.name} · {result['student']}", *parts)


def _written_sum(result):
    if not result["written"]:
        return ""
    most = sum(question["points"] for question in result["written"])
    marks = [question["mark"] for question in result["written"]]
    if "" in marks:
        return f"; written answers: {number(most)} points, not graded yet"
    return f"; written answers: {number(sum(marks))} of {number(most)} points"


def _exercise(exercise):
    passed = exercise["fault"] is None
    word, style = ("right", "right") if passed else ("not right", "wrong")
    points = f"{number(exercise['score'])} of {number(exercise['points'])} points"
    name = escape(exercise["id"])
    lines = [f'<h2>{name}: <span class="{style}">{word}</span>, {points}</h2>']
    lines += [_check(check) for check in exercise["checks"]]
    if not passed and all(check["passed"] for check in exercise["checks"]):
        lines.append(f"<p>{escape(exercise['fault'])}</p>")
    elif exercise["hidden"] and not any(check["hidden"] for check in exercise["checks"]):
        lines.append("<p>Its hidden tests are run only when the visible ones pass.</p>")
    return "\n".join(lines)


def _check(check):
    mark = '<span class="right">✓</span>' if check["passed"] else '<span class="wrong">✗</span>'
    hidden = " (hidden test)" if check["hidden"] else ""
    line = f"<p>{mark} {escape(check['topic'])}{hidden}</p>"
    if check["passed"] or check["hidden"]:
        return line
    inputs = "\n".join(f"{name} = {value}" for name, value in check["inputs"].items())
    facts = {"with": inputs, "yours": check["yours"], "expected": check["expected"]}
    if check["fault"].startswith("item"):
        facts["where they differ"] = check["fault"]
    items = [f"<dt>{word}</dt><dd><pre>{escape(str(text))}</pre></dd>"
             for word, text in facts.items() if text]  # fmt: skip
    return f"{line}<dl>{''.join(items)}</dl>"


def _question(question):
    points = f"{number(question['points'])} points"
    mark = question["mark"]
    mark = f"{points}, not graded yet" if mark == "" else f"{number(mark)} of {points}"
    comment = f"<p>{escape(question['comment'])}</p>" if question["comment"] else ""
    return (
        f"<h2>{escape(question['id'])}: {mark}</h2><pre>{escape(question['answer'])}</pre>{comment}"
    )


# ---- the class ---------------------------------------------------------------------------------


def class_page(assignment, grades, facts):
    """Pass rates with the hardest test first, the spread of the points, and who needs a person."""
    scores = sorted(result["score"] for result in grades)
    middle = scores[len(scores) // 2] if scores else 0
    seconds = sum(result["seconds"] for result in grades)
    parts = [
        f"<p>{len(grades)} submissions; half have at least {number(middle)} of "
        f"{number(assignment.points)} points of the tests. Grading took {seconds:.0f} s of process "
        f"time, {seconds / max(1, len(grades)):.2f} s each.</p>",
        *_errors(grades),
        "<h2>Tests, hardest first</h2>",
        _table(["test", "passed", "", "median time"], [_pass_row(*item) for item in facts.items()]),
        "<h2>Points</h2>",
        _table(["points", "students", ""], _spread(scores, assignment.points)),
    ]
    odd = [r for r in grades if r["unreadable"] or any(e["seconds"] > 3 for e in r["exercises"])]
    if odd:
        rows = [[escape(r["student"]), escape(r["unreadable"] or _slowest(r))] for r in odd]
        parts += ["<h2>Worth a look</h2>", _table(["student", "why"], rows)]
    return page(f"{assignment.name} · the class", *parts)


def _errors(grades, most=10):
    """What ended cells, the most frequent first: one of a set-up cell is everybody's."""
    students = collections.defaultdict(list)
    for result in grades:
        for error in result["errors"]:
            students[error].append(result["student"])
    frequent = sorted(students.items(), key=lambda item: -len(item[1]))
    if not frequent:
        return []
    rows = [[escape(error), escape(_some(who))] for error, who in frequent[:most]]
    rest = f"<p>{len(frequent) - most} more are on the students' pages.</p>"
    table = _table(["error", "students"], rows)
    return ["<h2>Cells that ended with an error</h2>", table, *[rest] * (len(frequent) > most)]


def _some(students, most=3):
    rest = len(students) - most
    return ", ".join(students[:most]) + (f" and {rest} more" if rest > 0 else "")


def _slowest(result):
    exercise = max(result["exercises"], key=lambda exercise: exercise["seconds"])
    fault = (exercise["fault"] or "passed")[:150]
    return f"{exercise['id']} took {exercise['seconds']:.1f} s: {fault}"


def _pass_row(name, facts):
    share = facts["passed"] / facts["of"]
    passed, seconds = f"{facts['passed']} of {facts['of']}", f"{facts['seconds']:.2f} s"
    return [escape(name), passed, bar(share), seconds]


def _spread(scores, most):
    """One row for each fifth of the points."""
    edges = [most * part / 5 for part in range(6)]
    counts = [sum(low <= s < high or s == high == most for s in scores)
              for low, high in zip(edges, edges[1:])]  # fmt: skip
    return [
        [f"{number(low)} to {number(high)}", str(count), bar(count / max(1, len(scores)))]
        for low, high, count in zip(edges, edges[1:], counts)
    ]


def bar(share):
    """A bar whose length is a share of 1; the number beside it says the same."""
    return f'<span class="track"><span class="bar" style="width:{10 * share:.2f}rem"></span></span>'


def _table(columns, rows):
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"
