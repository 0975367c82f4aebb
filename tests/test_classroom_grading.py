"""Submissions, graded: what students really hand in, and what nobody should."""

import contextlib
import copy
import os

import pytest
from classroom import A1, A2, real_sandbox, sandbox

from minitorch.classroom import hostile as attacks
from minitorch.classroom import notebook as nb
from minitorch.classroom.assignment import Assignment
from minitorch.classroom.grading import Grader
from minitorch.classroom.sandbox import Sandbox, Stopped
from minitorch.classroom.selftest import bank_of, filled, outside, prove


def graded(notebook, assignment=A1, box=None, hurry=1.0, salt="tests"):
    return Grader(assignment, box or sandbox(), salt, hurry).grade(notebook)


def lost(result):
    return [exercise["id"] for exercise in result["exercises"] if exercise["fault"]]


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source}


def place(notebook, name):
    return next(n for n, cell in enumerate(notebook["cells"]) if nb.grade_id(cell) == name)


# ---- what students hand in -----------------------------------------------------------------------


@pytest.mark.parametrize("assignment", [A1, A2], ids=["A1", "A2"])
def test_the_solution_gets_all_points_and_the_empty_notebook_none(assignment):
    full, empty = (
        graded(notebook, assignment)
        for notebook in (filled(assignment, {}), nb.released(assignment.notebook))
    )
    assert full["score"] == full["points"] == assignment.points and not lost(full)
    assert empty["score"] == 0 and empty["recognised"]


def test_a_mistake_loses_its_own_points_and_is_shown_in_the_students_numbers():
    cells, losing = bank_of(A1)["WRONG"]["backward forgets what is in grad"]
    result = graded(filled(A1, cells))
    assert lost(result) == losing
    check = next(e for e in result["exercises"] if e["id"] == losing[0])["checks"][0]
    assert check["inputs"].keys() == {"x"} and check["yours"] and check["expected"]


def test_the_grader_draws_other_numbers_than_the_notebook_and_the_same_for_everyone():
    memorised = filled(A1, {})
    # A student who wrote down what the visible test prints on the notebook's own numbers.
    numbers = A1.exercises[0].tasks[0].check.draw(0)["g"].sum(axis=0).tolist()
    index = place(memorised, "unbroadcast")
    memorised["cells"][index]["source"] = f"def unbroadcast(g, shape):\n    return {numbers}"
    assert "test_unbroadcast_added" in lost(graded(memorised))
    task = A1.exercises[0].tasks[0]
    wrong = filled(A1, {"unbroadcast": "def unbroadcast(g, shape):\n    return g * 0"})
    first, again, other = (
        graded(wrong, salt=salt)["exercises"][0]["checks"][0]["inputs"] for salt in "aab"
    )
    assert first == again != other and task


def test_helpers_in_added_cells_count_wherever_they_stand():
    notebook = filled(A1, {"tanh": "def tanh(a):\n    return helper(a)"})
    solution = code(A1.solutions["tanh"].replace("def tanh", "def helper"))
    before, after = copy.deepcopy(notebook), copy.deepcopy(notebook)
    before["cells"].insert(1, solution)
    after["cells"].insert(place(after, "tanh") + 1, solution)
    assert lost(graded(before)) == lost(graded(after)) == []
    late = copy.deepcopy(notebook)
    late["cells"].append(solution)  # after its test: in the notebook, too, this would fail
    assert lost(graded(late))[0] == "test_tanh"


def test_tests_that_were_edited_deleted_or_moved_are_the_teachers_all_the_same():
    right = filled(A1, {})
    edited, deleted, turned = (copy.deepcopy(right) for _ in range(3))
    for cell in edited["cells"]:
        if nb.settings(cell).get("grade"):
            cell["source"] = "raise SystemExit"
    deleted["cells"] = [c for c in deleted["cells"] if not nb.settings(c).get("locked")]
    tests = [c for c in turned["cells"] if nb.settings(c).get("locked")]
    turned["cells"] = tests + [c for c in turned["cells"] if c not in tests]
    for notebook in (edited, deleted, turned):
        assert lost(graded(notebook)) == []


def test_solutions_retyped_into_new_cells_are_found():
    retyped = filled(A1, {})
    for cell in retyped["cells"]:
        if nb.grade_id(cell) == "mul":
            cell["metadata"] = {}
    assert lost(graded(retyped)) == []


def test_a_deleted_solution_loses_what_needs_it():
    notebook = filled(A1, {})
    del notebook["cells"][place(notebook, "fit")]
    assert lost(graded(notebook)) == ["test_fit"]


def test_an_error_in_one_cell_leaves_the_others_alone_and_is_reported():
    result = graded(filled(A1, {"tanh": "def tanh(a)\n    return a"}))
    assert "test_tanh" in lost(result) and "test_order" not in lost(result)
    assert result["errors"][0].endswith("(`def tanh(a)`): SyntaxError: expected ':' (line 1)")


def test_a_cell_with_an_error_is_called_by_its_number_in_jupyter_and_its_first_line():
    notebook = filled(A1, {})
    index = place(notebook, "mul")
    notebook["cells"].insert(index, code("\nhalf = one / 2\n# helpers"))
    before = [c for c in notebook["cells"][:index] if c["cell_type"] == "code"]
    notebook["cells"].insert(0, code(" \n"))  # Jupyter does not count it either
    label = f"cell {len(before) + 1} (`half = one / 2`)"
    assert graded(notebook)["errors"] == [f"{label}: NameError: name 'one' is not defined (line 2)"]


def with_set_up(line, folder):
    """A1 with one more line in its first set-up cell."""
    planted = copy.deepcopy(A1.notebook)
    cell = planted["cells"][place(planted, "imports")]
    cell["source"] = f"import os\n{line}\n{nb.source(cell)}"
    nb.write(planted, folder / "A1_autograd.ipynb")
    return Assignment(folder / "A1_autograd.ipynb")


@pytest.mark.parametrize(
    "line, words",
    [
        ("os.environ['WEEK']", "KeyError: 'WEEK' (line 2)"),
        ("'WEEK' in os.environ or os._exit(0)", "the process ended before it answered"),
    ],
)
def test_an_error_in_a_set_up_cell_comes_before_those_that_follow(
    line, words, tmp_path, monkeypatch
):
    monkeypatch.setenv("WEEK", "3")  # the teacher has it; where submissions run, nobody has
    planted = with_set_up(line, tmp_path)
    result = graded(filled(planted, {}), planted)
    assert result["errors"][0] == f"set-up cell imports: {words}"
    fault = result["exercises"][-1]["fault"]
    assert "NameError" in fault or result["errors"][0] in fault
    (tmp_path / "A1_autograd_bank.py").write_text("RIGHT, WRONG, EQUIVALENT = {}, {}, {}")
    proof = prove(planted, sandbox(), kinds=("right",))
    assert result["errors"][0] in proof.faults[0]


@pytest.mark.parametrize("line, words", [("1 / 0", "ZeroDivisionError: d"), ("x =", "SyntaxError")])
def test_a_set_up_cell_that_fails_at_the_teachers_stops_before_anyone_is_graded(
    line, words, tmp_path
):
    with pytest.raises(ValueError, match=f"the cell imports of A1_autograd stops with {words}"):
        Grader(with_set_up(line, tmp_path), sandbox())


def test_plots_shell_commands_and_displays_do_not_stop_a_submission():
    extra = (
        "%matplotlib inline\n!pip list\ndisplay(np.ones(2))\nget_ipython()\nprint('hello' * 100)"
    )
    notebook = filled(A1, {})
    notebook["cells"].insert(3, code(extra))
    assert graded(notebook)["errors"] == [] and lost(graded(notebook)) == []


def test_a_loop_in_a_cell_costs_the_exercise_behind_it_alone():
    notebook = filled(A1, {})
    notebook["cells"].insert(place(notebook, "order"), code("while True:\n    pass"))
    result = graded(notebook)
    assert lost(result) == ["test_order"]
    assert any("time" in error for error in result["errors"])


def test_a_process_that_ends_is_replaced():
    result = graded(filled(A1, {"tanh": "import os\ndef tanh(a):\n    os._exit(0)"}))
    assert set(lost(result)) == {"test_tanh", "test_backward", "test_fit"}


def test_the_librarys_own_class_is_refused():
    result = graded(filled(A2, {"module": "from minitorch.nn import Module"}), A2)
    assert result["score"] == 0 and "nn.Module" in result["exercises"][0]["fault"]


# ---- what nobody should hand in ------------------------------------------------------------------

QUICK = [
    "leaves at once", "kills whom it can", "closes all its files", "bombs with processes",
    "answers without end", "leaves processes behind", "patches NumPy's comparisons",
    "patches the grader", "agrees with everything", "forges answers", "sends what breaks a reader",
    "reads the teacher's files", "tells what the tests say", "writes outside", "calls home",
    "empties the tests and raises the points", "swaps the ids of its cells",
]  # fmt: skip


def test_hostile_submissions_get_nothing_and_nothing_gets_out():
    box = real_sandbox()
    with outside() as (folder, signs):
        submissions = attacks.hostile(A2, folder, signs.port)
        for name in QUICK:
            result = graded(submissions[name], A2, box, hurry=0.2)
            assert result["score"] == 0, name
            assert signs.secret not in repr(result), name
        assert signs.damage() is None
        assert lost(graded(filled(A2, {}), A2, box)) == []


@pytest.mark.parametrize("name", ["writes outside", "calls home", "reads the teacher's files"])
def test_without_a_sandbox_the_signs_show(name):
    """The proof that the check above would notice: the same submissions, let out."""
    with outside() as (folder, signs):
        submissions = attacks.hostile(A2, folder, signs.port)
        # Confined to the folder of this test: the code names places of the machine as well.
        for cell in submissions[name]["cells"]:
            cell["source"] = nb.source(cell).replace('"/work", "/home", "/root", "/tmp", ', "")
            cell["source"] = cell["source"].replace('"/", "/tmp", "/site/minitorch", ', "")
            cell["source"] = cell["source"].replace(', os.path.expanduser("~"), "/usr/lib"', ",")
            cell["source"] = cell["source"].replace(', "/proc/1/environ", "/etc"', ",")
            cell["source"] = cell["source"].replace(', ("10.0.0.1", 80), ("8.8.8.8", 53)', ",")
        result = graded(submissions[name], A2, Sandbox(bare=True))
        found = signs.secret in repr(result)
        assert found or signs.damage()


def test_what_is_in_the_sandbox():
    session = real_sandbox().start()
    look = """
def look():
    import ctypes, os, socket
    reach = {}
    for place in ("/", "/dev", "/site/minitorch", "/work", "/usr/lib"):
        try:
            open(place + "/x", "w").close()
            reach[place] = "written"
        except OSError as error:
            reach[place] = "refused"
    reach["interfaces"] = [name for _, name in socket.if_nameindex()]
    reach["user"] = os.getuid() != 0
    reach["environment"] = sorted(os.environ.keys() - {"PWD", "LC_CTYPE"})
    reach["processes"] = os.getpid() < 10
    libc = ctypes.CDLL(None)
    reach["shared memory"] = libc.shmget(0, 4096, 0o1600)
    reach["namespaces"] = libc.unshare(0x10000000)
    return reach
"""
    reply = session.ask({"call": look, "inputs": {"pairs": []}}, 20)
    session.close()
    found = dict(reply["value"]["pairs"])
    assert found.pop("interfaces") == ["lo"]
    environment = ["HOME", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH"]
    assert found.pop("environment") == environment
    assert found == {
        "/": "refused", "/dev": "refused", "/site/minitorch": "refused", "/work": "written",
        "/usr/lib": "refused", "user": True, "processes": True,
        "shared memory": -1, "namespaces": -1,
    }  # fmt: skip


def test_a_submission_can_import_what_the_worker_has_not():
    with contextlib.closing(real_sandbox().start()) as session:
        source = "import wave\nfrom minitorch.datasets import sunspots\nsunspots()"
        assert session.ask({"run": source}, 20) == {"value": None}


def test_limits_hold_also_without_a_sandbox():
    session = Sandbox(bare=True).start()
    session.ask({"run": "def big():\n    return len(bytearray(10**10))"}, 20)
    reply = session.ask({"call": "def f():\n    return big()", "inputs": {"pairs": []}}, 20)
    assert reply["error"][0] == "MemoryError"
    with pytest.raises(Stopped, match="longer than 1 MiB"):
        session.ask({"run": attacks.ENDLESS["answers without end"]}, 20)


def test_a_machine_without_bubblewrap_says_so(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="bubblewrap is not installed"):
        Sandbox()


def test_a_sandbox_that_may_not_start_says_so(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with pytest.raises(RuntimeError, match="does not work here: bwrap: No permissions"):
        Sandbox()


def test_nothing_is_left_open():
    with contextlib.closing(sandbox().start()) as session:
        assert session.ask({"run": "x = 1"}, 20) == {"value": None}
    assert session._process.returncode is not None and session._process.stdout.closed
