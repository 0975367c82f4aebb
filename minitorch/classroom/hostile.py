"""Submissions that mean harm, the same for every assignment.

Floor 5; the standard library only. Each is a piece of code that stands in the place of every
solution, or a change to the notebook's cells. None may get a point, reach the outside, or cost
anybody else theirs. In the code `$folder` is a folder of the teacher's, `$port` a port on which the
teacher listens, and `$names` are the names that the tests call.
"""

import copy
from string import Template

from . import notebook as nb

# ---- code that ends its process, or has to be ended --------------------------------------------

# In the first solution's place alone: each costs the time of an exercise.
ENDLESS = {
    "leaves by sys.exit": "import sys\nsys.exit(0)",
    "leaves at once": "import os\nos._exit(0)",
    "crashes": "import ctypes\nctypes.string_at(0)",
    "kills whom it can": "import os, signal\nos.kill(os.getppid(), 9)\nos.kill(-1, 9)",
    "stops itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    "closes all its files": "import os\nos.closerange(0, 64)",
    "loops and swallows interrupts": """
import signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
    "takes all memory": "hoard = []\nwhile True:\n    hoard.append(bytearray(10**8))",
    "bombs with processes": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "takes all memory in many processes": """
import os
for _ in range(5):
    try:
        os.fork()
    except OSError:
        pass
hoard = []
while True:
    try:
        hoard.append(bytearray(10**8))
    except MemoryError:
        pass
""",
    "bombs with threads": """
import threading
while True:
    try:
        threading.Thread(target=threading.Event().wait).start()
    except BaseException:
        pass
""",
    "fills the disk": """
for number in range(10**6):
    for folder in ("", "/tmp/", "/dev/shm/", "/"):
        try:
            with open(f"{folder}junk{number}", "wb") as file:
                file.write(bytes(7 * 2**20))
        except OSError:
            if number > 50:
                raise
""",
    "prints without end": "while True:\n    print('x' * 10**7)",
    "answers without end": """
import os
junk = b"x" * 65536
while True:
    for descriptor in range(64):
        try:
            os.write(descriptor, junk)
        except OSError:
            pass
""",
    "leaves processes behind": """
import os, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(300)
        os._exit(0)
""",
}

# ---- code that looks right, or looks around ----------------------------------------------------

# What the tests call is there, if the code itself has not defined it.
ANSWERING = """
for _name in $names:
    globals().setdefault(_name, lambda *args, **kwargs: 0)
"""

CODE = {
    "patches NumPy's comparisons": """
import numpy
for name in ("allclose", "array_equal", "isclose", "array_equiv", "all", "any", "abs"):
    setattr(numpy, name, lambda *args, **kwargs: True)
numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *a, **k: None
""",
    "patches the built-in names": """
import builtins
class Nothing(BaseException):
    pass
builtins.AssertionError = Nothing
builtins.isinstance = lambda *args: True
builtins.abs = builtins.max = lambda *args: 0
builtins.len = lambda *args: 1
""",
    "patches the grader": """
import minitorch.classroom as classroom
from minitorch.classroom import checks, worker
classroom.compare = checks.compare = compare = lambda *args, **kwargs: print("right")
checks.difference = lambda *args, **kwargs: None
checks.Check.judge = lambda self, given, inputs: (given, None)
worker.pack = lambda value, depth=0: {"expected": True}
worker.call = lambda request, namespace: None
""",
    "agrees with everything": """
class Anything:
    def __init__(self, *args, **kwargs): pass
    def __call__(self, *args, **kwargs): return self
    def __getattr__(self, name): return self
    def __eq__(self, other): return True
    def __iter__(self): return iter(())
    __hash__ = object.__hash__
import builtins
globals().update({name: Anything() for name in $names})
""",
    "forges answers": """
import json, os
for value in (None, True, 0, 0.0, 1, [], "", {"dtype": "float64", "shape": [1], "data": [0]}):
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, json.dumps({"value": value}).encode() + b"\\n")
        except OSError:
            pass
""",
    "sends what breaks a reader": """
from minitorch.classroom import worker
evil = iter([
    "[" * 100_000, 10**400, float("nan"), {"dtype": "O", "shape": [1], "data": [1]},
    {"dtype": "float64", "shape": [10**12], "data": []}, {"pairs": [[[], []]]},
    {"dtype": "float64", "shape": -1, "data": "x"}, {"thing": ["x"] * 9}, {"pairs": 3},
] * 99)
worker.pack = lambda value, depth=0: next(evil)
""",
    "names what is not there": "__name__ = '__grader__'\nexpected = yours = compare = None",
    "shadows modules": """
for name in ("numpy", "minitorch", "json", "ast"):
    for folder in (".", "/site", "/work", "/tmp"):
        try:
            with open(f"{folder}/{name}.py", "w") as file:
                file.write("def __getattr__(name): return lambda *a, **k: True")
        except OSError:
            pass
""",
    "reads the teacher's files": """
import os
def read():
    found = []
    for top in ($folder, "/work", "/home", "/root", "/tmp", "/proc/1/environ", "/etc"):
        for place, _, files in os.walk(top):
            for name in files[:200]:
                if name.endswith((".ipynb", ".json", ".txt", "_bank.py", "shadow")):
                    try:
                        found.append(open(os.path.join(place, name)).read())
                    except (OSError, ValueError):
                        pass
    return "".join(found)[:100_000]
loot = read()
globals().update({name: lambda *a, **k: loot for name in $names})
if loot:
    raise RuntimeError(loot)
""",
    "tells what the tests say": """
import gc, sys
def tell(*args, **kwargs):
    seen, frame = [], sys._getframe()
    while frame:
        seen.append(repr(frame.f_locals)[:2000])
        frame = frame.f_back
    seen += [repr(o)[:500] for o in gc.get_objects() if type(o) is dict and "call" in o]
    return "".join(seen)
globals().update({name: tell for name in $names})
""",
    "writes outside": """
import os
for place in ($folder, "/", "/tmp", "/site/minitorch", os.path.expanduser("~"), "/usr/lib"):
    try:
        with open(os.path.join(place, "planted_by_a_submission"), "w") as file:
            file.write("x")
    except OSError:
        pass
""",
    "calls home": """
import socket
for address in (("127.0.0.1", $port), ("10.0.0.1", 80), ("8.8.8.8", 53)):
    try:
        socket.create_connection(address, timeout=0.2).sendall(b"hello")
    except OSError:
        pass
""",
    "is too deep to be read": "x = " + "(" * 20_000 + ")" * 20_000,
}

# ---- changed cells -----------------------------------------------------------------------------


def _tests_emptied(notebook):
    for cell in notebook["cells"]:
        if nb.settings(cell).get("grade"):
            cell["source"] = "assert True"
            nb.settings(cell)["points"] = 400


def _tests_deleted(notebook):
    kept = [cell for cell in notebook["cells"] if not nb.settings(cell).get("grade")]
    notebook["cells"] = kept


def _ids_swapped(notebook):
    cells = [cell for cell in notebook["cells"] if nb.grade_id(cell)]
    ids = [nb.grade_id(cell) for cell in cells]
    for cell, name in zip(cells, reversed(ids)):
        nb.settings(cell)["grade_id"] = name


def _odd_metadata(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {"nbgrader": {"grade_id": "../../evil", "points": "many"}}


CHANGES = {
    "empties the tests and raises the points": _tests_emptied,
    "deletes the tests": _tests_deleted,
    "swaps the ids of its cells": _ids_swapped,
    "has odd metadata": _odd_metadata,
}


def hostile(assignment, folder, port):
    """{name: notebook} of all hostile submissions to an assignment."""
    blank, found = nb.released(assignment.notebook), {}
    values = {"names": repr(assignment.names), "folder": repr(str(folder)), "port": port}
    first = next(iter(assignment.solutions))
    for name, code in ENDLESS.items():
        found[name] = with_cells(blank, {first: code})
    for name, code in CODE.items():
        text = Template(code + ANSWERING).substitute(values)
        found[name] = with_cells(blank, dict.fromkeys(assignment.solutions, text))
    for name, change in CHANGES.items():
        found[name] = copy.deepcopy(blank)
        change(found[name])
    return found


def with_cells(notebook, sources):
    """A copy of a notebook with some of its cells' sources, by grade id."""
    changed = copy.deepcopy(notebook)
    for cell in changed["cells"]:
        if nb.grade_id(cell) in sources:
            cell["source"] = sources[nb.grade_id(cell)]
    return changed
