"""A class at once: folders, resuming, regrading, reports, the command line."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest
from classroom import A1, A2, no_bubblewrap, sandbox

from minitorch.classroom import notebook as nb
from minitorch.classroom.__main__ import main
from minitorch.classroom.assignment import Assignment
from minitorch.classroom.folders import empty_handed, grade_all, submissions, which
from minitorch.classroom.mutants import mutants
from minitorch.classroom.report import report
from minitorch.classroom.selftest import bank_of, filled, prove

WORDS = "Adding <b>matters</b> & =cmd|'/c calc'!A0"


def hand_in(path, cells=(), words=WORDS):
    notebook = filled(A1, dict(cells))
    for cell in notebook["cells"]:
        if nb.grade_id(cell) == "written_adding":
            cell["source"] = words
    path.parent.mkdir(parents=True, exist_ok=True)
    nb.write(notebook, path)


def rows(path):
    with open(path, newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def week(tmp_path_factory):
    """Four submissions, their grades and their reports."""
    folder = tmp_path_factory.mktemp("course")
    hand_in(folder / "in" / "ada" / "A1_autograd.ipynb")
    hidden = {"unbroadcast": [("tuple(range(added))", "0 if added else ()")]}
    hand_in(folder / "in" / "bob" / "A1_autograd.ipynb", hidden)
    visible = {"fit": "def fit(*args):\n    return '<script>alert(1)</script>'"}
    hand_in(folder / "in" / "eve" / "A1_autograd.ipynb", visible)
    (folder / "in" / "max").mkdir()
    (folder / "in" / "max" / "numpy.py").write_text("raise SystemExit('shadowed')")
    (folder / "in" / "max" / "A1_autograd.ipynb").write_text("{ not a notebook")
    found = submissions(folder / "in", A1)
    done, failed = grade_all(A1, found, folder / "grades", sandbox())
    assert done == ["ada", "bob", "eve", "max"] and not failed
    report(A1, folder / "grades", folder / "reports")
    return folder


# ---- folders -------------------------------------------------------------------------------------


def test_layouts_of_nbgrader_of_an_lms_and_of_plain_files(tmp_path):
    for name in (
        "submitted/ada/A1_autograd/A1_autograd.ipynb",
        "submitted/bob/A1_autograd/A1_autograd.ipynb",
    ):
        hand_in(tmp_path / "nbgrader" / name)
    assert submissions(tmp_path / "nbgrader", A1).keys() == {"ada", "bob"}
    hand_in(tmp_path / "moodle" / "Ada Lovelace_12_assignsubmission_file_" / "A1_autograd.ipynb")
    hand_in(tmp_path / "moodle" / "Bob_13_assignsubmission_file_" / "renamed (2).ipynb")
    assert submissions(tmp_path / "moodle", A1).keys() == {"Ada Lovelace_12", "Bob_13"}
    hand_in(tmp_path / "flat" / "ada_A1_autograd.ipynb")
    hand_in(tmp_path / "flat" / "bob.ipynb")
    assert submissions(tmp_path / "flat", A1).keys() == {"ada", "bob"}
    assert which([A1, A2], tmp_path / "flat") is A1
    with pytest.raises(ValueError, match="belongs to an assignment"):
        which([A2], tmp_path / "flat")


def test_of_several_files_the_one_with_the_right_name_and_then_the_newest_counts(tmp_path):
    for number, name in enumerate(["old.ipynb", "new.ipynb", ".ipynb_checkpoints/newest.ipynb"]):
        hand_in(tmp_path / "ada" / name)
        os.utime(tmp_path / "ada" / name, (number, number))
    assert submissions(tmp_path, A1)["ada"].name == "new.ipynb"
    hand_in(tmp_path / "ada" / "A1_autograd.ipynb")
    os.utime(tmp_path / "ada" / "A1_autograd.ipynb", (0, 0))
    assert submissions(tmp_path, A1)["ada"].name == "A1_autograd.ipynb"


def test_in_a_course_folder_only_what_was_submitted_decides(tmp_path):
    for name in ("autograded/ada", "release", "source"):
        (tmp_path / name / A2.name).mkdir(parents=True)
        shutil.copy(A2.path, tmp_path / name / A2.name)
    hand_in(tmp_path / "submitted" / "ada" / "A1_autograd" / "A1_autograd.ipynb")
    assert which([A2, A1], tmp_path) is A1


def test_who_handed_in_something_else_is_named(tmp_path):
    hand_in(tmp_path / "ada" / "A1_autograd.ipynb")
    for path in ("bob/solution.py", "eve/A1/A1_autograd.zip", "readme.txt", "__MACOSX/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "nobody").mkdir()
    assert empty_handed(tmp_path, submissions(tmp_path, A1)) == ["bob", "eve"]


def test_a_link_to_somebody_elses_file_is_no_submission(tmp_path):
    hand_in(tmp_path / "secret" / "x.ipynb")
    (tmp_path / "in" / "eve").mkdir(parents=True)
    (tmp_path / "in" / "eve" / "A1_autograd.ipynb").symlink_to(tmp_path / "secret" / "x.ipynb")
    assert submissions(tmp_path / "in", A1) == {}


# ---- grading again -------------------------------------------------------------------------------


def test_what_is_graded_stays_and_what_changed_is_graded_again(week, tmp_path):
    shutil.copytree(week, tmp_path / "course")
    folder = tmp_path / "course"
    before = {path.name: path.read_bytes() for path in (folder / "grades").iterdir()}
    hand_in(folder / "in" / "bob" / "A1_autograd.ipynb")
    (folder / "grades" / "eve.json").unlink()
    (folder / "grades" / ".ada.json.1234.tmp").write_text("a run that was killed")
    done, failed = grade_all(A1, submissions(folder / "in", A1), folder / "grades", sandbox())
    assert done == ["bob", "eve"] and not failed
    for name in ("ada.json", "max.json", "salt.txt"):
        assert (folder / "grades" / name).read_bytes() == before[name]
    again = json.loads((folder / "grades" / "eve.json").read_text())
    first = json.loads(before["eve.json"])
    assert [e["checks"] for e in again["exercises"]] == [e["checks"] for e in first["exercises"]]
    assert json.loads((folder / "grades" / "bob.json").read_text())["score"] == A1.points


def test_a_changed_test_changes_the_fingerprint(tmp_path):
    changed = json.loads(A1.path.read_text())
    for cell in changed["cells"]:
        if nb.grade_id(cell) == "test_fit":
            nb.settings(cell)["points"] = 3
    nb.write(changed, tmp_path / "A1_autograd.ipynb")
    assert Assignment(tmp_path / "A1_autograd.ipynb").fingerprint != A1.fingerprint


def test_a_machine_that_fails_leaves_no_grade(week, tmp_path):
    class Broken:
        def start(self):
            raise RuntimeError("out of processes")

    found = submissions(week / "in", A1)
    done, failed = grade_all(A1, found, tmp_path / "grades", Broken())
    assert done == [] and failed.keys() == found.keys()
    assert not list((tmp_path / "grades").glob("*.json"))


# ---- reports -------------------------------------------------------------------------------------


def test_the_table_for_the_grade_book(week):
    table = {row["student"]: row for row in rows(week / "reports" / "grades.csv")}
    assert [float(table[s]["score"]) for s in ("ada", "bob", "max")] == [18, 17, 0]
    assert table["bob"]["test_unbroadcast_added"] == "0" and table["ada"]["max_score"] == "20"
    assert {row["needs_a_person"] for row in table.values()} == {"yes"}  # written answers


def test_the_columns_of_a_grade_from_before_a_test_was_added(week, tmp_path):
    shutil.copytree(week / "grades", tmp_path / "grades")
    grade = json.loads((tmp_path / "grades" / "bob.json").read_text())
    assert grade["exercises"].pop(1)["id"] == "test_unbroadcast_stretched"
    (tmp_path / "grades" / "bob.json").write_text(json.dumps(grade))
    report(A1, tmp_path / "grades", tmp_path / "reports")
    bob = rows(tmp_path / "reports" / "grades.csv")[1]
    names = ["test_unbroadcast_added", "test_unbroadcast_stretched", "test_fit"]
    assert [bob[name] for name in names] == ["0", "", "2"]


def test_points_for_written_answers_are_kept_and_counted(week, tmp_path):
    shutil.copytree(week, tmp_path / "course")
    folder = tmp_path / "course" / "reports"
    table = rows(folder / "written.csv")
    assert table[0]["student"] == "ada" and table[0]["answer"] == WORDS
    table[0] |= {"points": "1,5", "comment": "name the gradient"}
    with open(folder / "written.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)
    for _ in range(2):  # the second report reads what the first has written
        report(A1, tmp_path / "course" / "grades", folder)
    ada = rows(folder / "grades.csv")[0]
    assert (float(ada["score"]), ada["needs_a_person"]) == (19.5, "no")
    page = (folder / "students" / "ada.html").read_text()
    assert "1.5 of 2 points" in page and "name the gradient" in page
    (folder / "written.csv").write_text(
        "student,question,points,comment\nada,written_adding,two,\n"
    )
    with pytest.raises(ValueError, match="'two' is no number"):
        report(A1, tmp_path / "course" / "grades", folder)


def test_a_formula_in_an_answer_is_text_in_the_table(week, tmp_path):
    shutil.copytree(week / "grades", tmp_path / "grades")
    grade = json.loads((tmp_path / "grades" / "ada.json").read_text())
    grade["written"][0]["answer"] = "=1+1"
    (tmp_path / "grades" / "ada.json").write_text(json.dumps(grade))
    report(A1, tmp_path / "grades", tmp_path / "reports")
    assert rows(tmp_path / "reports" / "written.csv")[0]["answer"] == "'=1+1"


def test_points_come_back_from_a_spreadsheet_with_semicolons_and_for_every_name(week, tmp_path):
    shutil.copytree(week / "grades", tmp_path / "grades")
    grade = json.loads((tmp_path / "grades" / "ada.json").read_text()) | {"student": "@ada"}
    (tmp_path / "grades" / "ada.json").write_text(json.dumps(grade))
    report(A1, tmp_path / "grades", tmp_path / "reports")
    table = rows(tmp_path / "reports" / "written.csv")
    assert table[0]["student"] == "'@ada"  # else a spreadsheet would compute it
    table[0] |= {"points": "1,5", "comment": "-1/2: which; gradient?"}
    with open(tmp_path / "reports" / "written.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, table[0], delimiter=";")
        writer.writeheader()
        writer.writerows(table)
    for _ in range(2):
        report(A1, tmp_path / "grades", tmp_path / "reports")
    assert rows(tmp_path / "reports" / "grades.csv")[0]["score"] == "19.5"
    page = (tmp_path / "reports" / "students" / "@ada.html").read_text()
    assert "<p>-1/2: which; gradient?</p>" in page


def test_a_students_page_helps_and_gives_nothing_away(week):
    pages = {path.stem: path.read_text() for path in (week / "reports" / "students").iterdir()}
    # Visible: inputs, the student's value and the expected one.
    assert "yours" in pages["eve"] and "<dt>expected</dt>" in pages["eve"]
    assert "<script>" not in pages["eve"] and "<b>matters" not in pages["ada"]
    # Hidden: the topic alone.
    assert "for several added axes" in pages["bob"] and "(hidden test)" in pages["bob"]
    assert "<dt>" not in pages["bob"]
    assert "could not be graded: not a notebook" in pages["max"]
    secret = [line.strip() for cell in A1.notebook["cells"]
              for line in nb.within(nb.source(cell), nb.HIDDEN)]  # fmt: skip
    for page in pages.values():
        assert not [
            line for line in secret if len(line) > 20 and '"""' not in line and line in page
        ]
        assert not re.search(r"https?://|<script|<link", page)


def test_the_class_page_has_the_hardest_test_first(week):
    page = (week / "reports" / "class.html").read_text()
    assert "4 submissions" in page
    order = re.findall(r"<td>(test_\w+)</td><td>(\d) of 4", page)
    passed = [int(number) for _, number in order]
    assert passed == sorted(passed) and len(order) == len(A1.exercises)
    assert dict(order)["test_fit"] == "2" and dict(order)["test_unbroadcast_added"] == "2"


def test_the_class_page_begins_with_what_ended_cells_and_the_students_pages_too(week, tmp_path):
    shutil.copytree(week / "grades", tmp_path / "grades")
    for student in ("ada", "bob", "eve", "max"):
        path = tmp_path / "grades" / f"{student}.json"
        grade = json.loads(path.read_text())
        grade["errors"] = ["set-up cell data: FileNotFoundError: words.txt (line 2)"]
        if student == "eve":
            grade["errors"] += [f"cell {n} (`<i>`): TypeError: eve" for n in range(9)]
        if student in ("bob", "eve"):
            grade["errors"].append("cell 9 (`import pandas`): ModuleNotFoundError")
        path.write_text(json.dumps(grade))
    report(A1, tmp_path / "grades", tmp_path / "reports")
    page = (tmp_path / "reports" / "class.html").read_text()
    table = re.findall(r"<td>(.*)</td><td>(.*)</td></tr>", page[: page.index("hardest first")])
    assert table[0] == (
        "set-up cell data: FileNotFoundError: words.txt (line 2)",
        "ada, bob, eve and 1 more",
    )
    assert table[1] == ("cell 9 (`import pandas`): ModuleNotFoundError", "bob, eve")
    assert table[2] == ("cell 0 (`&lt;i&gt;`): TypeError: eve", "eve")
    assert len(table) == 10 and "1 more are on the students' pages" in page
    page = (tmp_path / "reports" / "students" / "bob.html").read_text()
    assert page.index("set-up cell data") < page.index("cell 9") < page.index("test_unbroadcast")


def test_pages_follow_the_theme_with_every_colour_in_both(week):
    page = (week / "reports" / "class.html").read_text()
    light, dark = re.findall(r":root \{(.*?)\}", page, re.DOTALL)
    named = [set(re.findall(r"--\w+(?=:)", theme)) for theme in (light, dark)]
    assert named[0] == named[1] == set(re.findall(r"var\((--\w+)\)", page))
    rest = page.replace(light, "").replace(dark, "")
    assert "prefers-color-scheme: dark" in page and not re.search(r": *#[0-9a-f]{3}", rest)


def test_a_character_that_is_none_spoils_no_report(week, tmp_path):
    shutil.copytree(week / "grades", tmp_path / "grades")
    grade = json.loads((tmp_path / "grades" / "ada.json").read_text())
    grade["written"][0]["answer"] = "half of \ud83d"
    (tmp_path / "grades" / "ada.json").write_text(json.dumps(grade))
    report(A1, tmp_path / "grades", tmp_path / "reports")
    assert "half of ?" in (tmp_path / "reports" / "students" / "ada.html").read_text()
    assert rows(tmp_path / "reports" / "written.csv")[0]["answer"] == "half of ?"


# ---- the command line ----------------------------------------------------------------------------


def test_from_release_to_report_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    limits = ["--no-sandbox"] if no_bubblewrap() else []
    assert main(["release", "A1_autograd"]) == 0
    shutil.copytree(tmp_path / "release", tmp_path / "in")
    (tmp_path / "in" / "A1_autograd.ipynb").rename(tmp_path / "in" / "ada.ipynb")
    assert main(["grade", "in", *limits]) == 0
    assert main(["grade", "in", *limits]) == 0
    assert main(["report"]) == 0
    out, err = capsys.readouterr()
    assert "A1_autograd: 1 graded, 0 had their grade" in out
    assert "A1_autograd: 0 graded, 1 had their grade" in out
    assert "100%" in err  # the progress bar
    assert rows("reports/A1_autograd/grades.csv")[0]["score"] == "0"


RUN = """
import signal, sys
from minitorch.classroom.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.exit(main(sys.argv[1:]))
"""


def test_a_run_that_is_stopped_ends_soon_and_goes_on_later(tmp_path):
    hand_in(tmp_path / "in" / "s0.ipynb")
    for number in range(1, 40):
        shutil.copy(tmp_path / "in" / "s0.ipynb", tmp_path / "in" / f"s{number}.ipynb")
    limits = ["--no-sandbox"] if no_bubblewrap() else []
    command = [sys.executable, "-c", RUN, "grade", "in", "--workers", "1", *limits]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as run:
        while run.poll() is None and not list(tmp_path.glob("grades/*/*.json")):
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        said = run.communicate()[1]
    assert run.returncode == 130 and "Traceback" not in said
    assert said.endswith("stopped; grades that are there stay, and are not made again\n")
    grades = list(tmp_path.glob("grades/*/*.json"))
    assert 1 <= len(grades) < 40 and all(json.loads(path.read_text()) for path in grades)


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["release", "A9"], "no assignment 'A9'; there are A1_autograd"),
        (["grade", "nowhere", "--assignment", "A9"], "no assignment 'A9'"),
        (["grade", "nowhere"], "no sandbox" if no_bubblewrap() else "there is no folder nowhere"),
        (["report"], "no grades in grades; grade first"),
    ],
)
def test_mistakes_are_told_in_a_line(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_without_bubblewrap_grading_waits_for_a_word(tmp_path, capsys, monkeypatch):
    hand_in(tmp_path / "in" / "ada.ipynb")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.chdir(tmp_path)
    assert main(["grade", "in"]) == 2
    said = capsys.readouterr().err.strip()
    assert (
        said.count("\n") == 0 and "bubblewrap is not installed" in said and "--no-sandbox" in said
    )
    assert main(["grade", "in", "--no-sandbox"]) == 0
    grade = json.loads((tmp_path / "grades" / "A1_autograd" / "ada.json").read_text())
    assert grade["score"] == A1.points


# ---- the proof -----------------------------------------------------------------------------------


def test_the_selftest_finds_a_bank_that_is_wrong_and_a_test_that_is_missing(tmp_path):
    """The proof, of an assignment with planted faults: one test short, three wrong expectations."""
    planted = json.loads(A1.path.read_text())
    planted["cells"] = [c for c in planted["cells"] if nb.grade_id(c) in
                        ("imports", "var", "unbroadcast", "mul", "test_mul")]  # fmt: skip
    nb.write(planted, tmp_path / "P.ipynb")
    (tmp_path / "P_bank.py").write_text(
        "RIGHT = {'is wrong': {'mul': [('g * b.data', 'g * a.data')]}}\n"
        "WRONG = {'is right': ({'mul': [('b.data,', 'b.data * 1,')]}, ['test_mul'])}\n"
        "EQUIVALENT = {'mul: nothing of this kind': 'a reason'}\n"
    )
    proof = prove(Assignment(tmp_path / "P.ipynb"), sandbox(), kinds=("right", "wrong", "mutants"))
    assert proof.counts["right"] == (1, 2) and proof.counts["wrong"] == (0, 1)
    killed, made = proof.counts["mutants"]
    assert 0 < killed < made and not proof.holds  # nothing here tests unbroadcast
    text = "\n".join(proof.faults)
    assert "right: is wrong: loses test_mul" in text
    assert "wrong: is right: loses [], not ['test_mul']" in text
    assert "a mutant that is not made: mul: nothing" in text
    assert "mutants: unbroadcast: " in text and "survives" in text


def test_a_bank_that_names_what_is_not_there_is_refused(tmp_path):
    shutil.copy(A1.path, tmp_path / "P.ipynb")
    (tmp_path / "P_bank.py").write_text(
        "RIGHT, EQUIVALENT = {'x': {'nul': ''}}, {}\nWRONG = {'y': ({'mul': ''}, ['test_nul'])}"
    )
    with pytest.raises(ValueError, match=r"\['nul', 'test_nul'\]"):
        bank_of(Assignment(tmp_path / "P.ipynb"))


def test_mutants_differ_from_the_source_and_from_each_other():
    for assignment in (A1, A2):
        for name, source in assignment.solutions.items():
            made = mutants(name, source)
            assert len(set(made.values())) == len(made) > 2
            for text in made.values():
                compile(text, name, "exec")
