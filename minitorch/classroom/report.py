"""Reports: a table for the grade book, a page for each student, one for the class.

Floor 5. All are made again from the grades each time. The points of written answers are the
teacher's: they are entered in `written.csv`, which is read before it is written. Convention: of a
hidden test a student learns its topic and whether it was passed, nothing more.
"""

import csv
import json
import statistics
from pathlib import Path

from ..serialization.atomic import replacing
from .pages import class_page, student_page

FORMULA = tuple("=+-@\t\r")  # how what a spreadsheet computes begins
WRITTEN = ["student", "question", "out of", "points", "comment", "answer"]


def report(assignment, results, folder):
    """Writes all reports of one assignment into a folder."""
    results, folder = Path(results), Path(folder)
    (folder / "students").mkdir(parents=True, exist_ok=True)
    grades = [json.loads(path.read_text()) for path in sorted(results.glob("*.json"))]
    marks = _marks(folder / "written.csv")
    for result in grades:
        for question in result["written"]:
            question |= marks.get((result["student"], question["id"]), {"mark": "", "comment": ""})
    answers = [_written_row(result, q) for result in grades for q in result["written"]]
    _write_csv(folder / "written.csv", WRITTEN, answers)
    _write_csv(folder / "grades.csv", _columns(assignment), [_row(assignment, r) for r in grades])
    for result in grades:
        _write(folder / "students" / f"{result['student']}.html", student_page(assignment, result))
    _write(folder / "class.html", class_page(assignment, grades, facts(grades)))


def facts(grades):
    """{exercise: how many passed, of how many, and the median of its seconds}, hardest first."""
    found = {}
    for result in grades:
        for exercise in result["exercises"]:
            passed, seconds = found.setdefault(exercise["id"], ([], []))
            passed.append(exercise["fault"] is None)
            seconds.append(exercise["seconds"])
    table = {
        name: {"passed": sum(passed), "of": len(passed), "seconds": statistics.median(seconds)}
        for name, (passed, seconds) in found.items()
    }
    return dict(sorted(table.items(), key=lambda item: item[1]["passed"] / item[1]["of"]))


def total(result):
    """Points of tests and written answers together, and whether a person still has to look."""
    marks = [question["mark"] for question in result["written"]]
    open_ = bool(result["unreadable"]) or "" in marks
    return result["score"] + sum(float(mark) for mark in marks if mark != ""), open_


# ---- tables ------------------------------------------------------------------------------------


def _parts(assignment):
    return [*(exercise.id for exercise in assignment.exercises), *assignment.written]


def _columns(assignment):
    return ["student", "assignment", "score", "max_score", "needs_a_person", "seconds",
            *_parts(assignment)]  # fmt: skip


def _row(assignment, result):
    score, open_ = total(result)
    most = result["points"] + sum(question["points"] for question in result["written"])
    parts = {exercise["id"]: exercise["score"] for exercise in result["exercises"]}
    parts |= {question["id"]: question["mark"] for question in result["written"]}
    return [result["student"], result["assignment"], score, most, "yes" if open_ else "no",
            result["seconds"], *(parts.get(name, "") for name in _parts(assignment))]  # fmt: skip


def _written_row(result, question):
    return [result["student"], question["id"], question["points"], question["mark"],
            question["comment"], question["answer"]]  # fmt: skip


def _marks(path):
    """{(student, question): {"mark", "comment"}} that the teacher has entered."""
    if not path.exists():
        return {}
    with open(path, newline="", encoding="utf-8-sig") as file:
        separator = ";" if ";" in file.readline() else ","  # of spreadsheets that write 1,5
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=separator))
    found = {}
    for row in rows:
        mark = row["points"].strip().replace(",", ".")
        try:
            mark = mark and float(mark)
        except ValueError:
            raise ValueError(f"{path}: {row['points']!r} is no number of points") from None
        student, comment = _entered(row["student"]), _entered(row["comment"])
        found[student, row["question"]] = {"mark": mark, "comment": comment}
    return found


def _write_csv(path, columns, rows):
    """A table for spreadsheets; what they would take for a formula gets a ' in front."""
    with replacing(path) as binary:
        lines = _Lines()
        writer = csv.writer(lines)
        writer.writerow(columns)
        writer.writerows([_harmless(value) for value in row] for row in rows)
        binary.write(_bytes("\ufeff" + "".join(lines)))


class _Lines(list):
    write = list.append


def _harmless(value):
    return "'" + value if isinstance(value, str) and value[:1] in FORMULA else value


def _entered(value):
    """What was made harmless, as it was."""
    return value[1:] if value[:1] == "'" and value[1:2] in FORMULA else value


def _write(path, text):
    with replacing(path) as file:
        file.write(_bytes(text))


def _bytes(text):
    """A file's text; half of a character, which JSON can hold and a file cannot, becomes a `?`."""
    return text.encode("utf-8", errors="replace")
