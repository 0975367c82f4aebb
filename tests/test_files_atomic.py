"""A file is replaced as a whole: killed or failing while it saves, a process leaves the old one.

The work is done in a process of its own, which forks the ones that are killed: this one may have
threads.
"""

import os
import subprocess
import sys

import pytest

import minitorch
from minitorch.serialization import safetensors

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked processes, by POSIX")

START = """
import os, random, resource, signal, sys, time
import minitorch
path, rng = sys.argv[1], random.Random(0)

def state(n):
    return {"n": n, "w": minitorch.full((50_000,), n), "v": minitorch.full((300, 100), n)}

def number():
    "Which state the file holds, all of it."
    loaded = minitorch.load(path)
    assert set(loaded["w"].tolist() + loaded["v"].flatten().tolist()) == {loaded["n"]}
    return loaded["n"]

def left_over():
    return [name for name in os.listdir(os.path.dirname(path)) if name.endswith(".tmp")]

minitorch.save(state(0), path)
"""

KILLS = """
newest = killed_while_writing = 0
for _ in range(120):
    child = os.fork()
    if not child:
        for n in range(newest + 1, newest + 1000):
            minitorch.save(state(n), path)
        os._exit(1)
    time.sleep(rng.uniform(0, 0.06))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    n = number()
    assert n >= newest
    newest, killed_while_writing = n, killed_while_writing + bool(left_over())
    for name in left_over():
        os.remove(os.path.join(os.path.dirname(path), name))
print(newest, killed_while_writing)
"""

FULL_DISK = """
size, failed = os.path.getsize(path), 0
limits = [0, 1, size - 1, *(rng.randrange(size) for _ in range(60))]
for limit in limits:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
    try:
        minitorch.save(state(1), path)
    except OSError:
        failed += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    assert number() == 0 and not left_over()
print(failed, len(limits))
"""


def output_of(script, folder):
    """The numbers that a script prints."""
    command = [sys.executable, "-c", START + script, str(folder / "model.pt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return map(int, done.stdout.split())


def test_a_process_killed_while_saving_never_loses_the_old_file(tmp_path):
    newest, killed_while_writing = output_of(KILLS, tmp_path)
    assert newest > 10 and killed_while_writing > 10  # saves that ended, and saves that did not


def test_a_disk_that_is_full_at_any_byte_leaves_the_old_file_and_nothing_else(tmp_path):
    failed, tried = output_of(FULL_DISK, tmp_path)
    assert failed == tried


class Unwilling:
    def __reduce__(self):
        raise ValueError("not me")


@pytest.mark.parametrize("save", [minitorch.save, safetensors.save_file])
def test_what_cannot_be_saved_leaves_the_old_file_and_nothing_else(save, tmp_path):
    path = tmp_path / "model.safetensors"
    save({"a": minitorch.ones(1)}, path)
    with pytest.raises(ValueError):
        save({"a": minitorch.ones(1), "b": Unwilling()}, path)
    assert os.listdir(tmp_path) == [path.name]


def test_what_is_no_regular_file_is_written_to_directly():
    minitorch.save(minitorch.ones(3), "/dev/null")
    assert not os.path.isfile("/dev/null")
