"""A class of 200, graded in one run on two workers, killed in the middle and resumed.

    python benchmarks/classroom.py [HOW_MANY]

A tenth of the submissions to A1 are broken or hostile, the others are right ones and real mistakes
from its bank. The run is killed with SIGKILL when half of the grades are there, and started again;
then it is graded once more from nothing. No grade may be lost or differ between the two, or
from what the bank says. The aim is at most 2 seconds of wall time for a submission.
"""

import itertools
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from minitorch.classroom.assignment import Assignment
from minitorch.classroom.hostile import hostile
from minitorch.classroom.selftest import bank_of, filled

ROOT = Path(__file__).parents[1]
A1 = Assignment(ROOT / "notebooks" / "assignments" / "A1_autograd.ipynb")
AIM = 2.0  # seconds


def hand_in(folder, count):
    """Writes the submissions; {student: expected score}."""
    bank, points = bank_of(A1), {e.id: e.points for e in A1.exercises}
    honest = [(cells, A1.points) for cells in bank["RIGHT"].values()]
    honest += [
        (cells, A1.points - sum(points[name] for name in losing))
        for cells, losing in bank["WRONG"].values()
    ]
    bad = itertools.cycle(["{ broken", *hostile(A1, folder, 1).values()])
    sane, expected = itertools.cycle(honest), {}
    for number in range(count):
        place = folder / f"student{number:03}" / "A1_autograd.ipynb"
        place.parent.mkdir()
        if number % 10 == 5:
            notebook, score = next(bad), 0
        else:
            cells, score = next(sane)
            notebook = filled(A1, cells)
        place.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook))
        expected[place.parent.name] = score
    return expected


def command(folder, results):
    options = ["grade", str(folder), "--assignment", A1.name, "--results", str(results)]
    return [sys.executable, "-m", "minitorch.classroom", *options, "--workers", "2"]


def graded(results):
    """{student: its grade, without the times}."""
    found = {}
    for path in sorted((results / A1.name).glob("*.json")):
        grade = json.loads(path.read_text())
        found[grade["student"]] = [grade["score"], [e["score"] for e in grade["exercises"]]]
    return found


def killed_halfway(folder, results, count):
    """Starts grading and kills it when half is done; how many grades there were."""
    run = subprocess.Popen(command(folder, results))
    while run.poll() is None and len(graded(results)) < count // 2:
        time.sleep(0.2)
    run.send_signal(signal.SIGKILL)
    run.wait()
    return graded(results)


def main(count):
    with tempfile.TemporaryDirectory() as place:
        folder, results = Path(place, "in"), Path(place, "grades")
        folder.mkdir()
        expected = hand_in(folder, count)
        half = killed_halfway(folder, results, count)
        subprocess.run(command(folder, results), check=True)
        resumed = graded(results)
        salt = (results / A1.name / "salt.txt").read_text()
        shutil.rmtree(results)
        (results / A1.name).mkdir(parents=True)
        (results / A1.name / "salt.txt").write_text(salt)
        began = time.monotonic()
        subprocess.run(command(folder, results), check=True)
        seconds = time.monotonic() - began
        whole = graded(results)
    changed = [s for s in half if half[s] != resumed[s]] + [
        s for s in whole if whole[s] != resumed[s]
    ]
    lost = expected.keys() - resumed.keys()
    wrong = {s: (resumed[s][0], score) for s, score in expected.items() if resumed[s][0] != score}
    print(f"killed after {len(half)} of {count}; then lost {len(lost)}, changed {len(changed)}, "
          f"other than expected {len(wrong)}")  # fmt: skip
    print(f"the whole class: {seconds:.0f} s, {seconds / count:.2f} s each (aim: {AIM})")
    for student, (got, score) in wrong.items():
        print(f"  {student} has {got} points, expected were {score}")
    return lost or changed or wrong or seconds / count > AIM


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)))
