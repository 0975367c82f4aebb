"""Runs the chapters on every Python and NumPy allowed: `python tests/matrix.py [--quick] [FOLDER]`.

Per Python found (3.11 to 3.13) and per NumPy (the oldest and the newest allowed) an environment is
made below FOLDER (a temporary one if none is named), and in it nbval runs all chapters with 1 and 2
threads and with the kernels of two kinds of processors, since sums in another order have other last
digits. `--quick` runs what CI runs: this environment, 2 threads, the other processor's kernels.
"""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
THREADS = ("1", "2")
CORES = ("Haswell", "SkylakeX")


def oldest_numpy():
    """The lower bound in pyproject.toml, as a version to install."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bound = next(d for d in project["dependencies"] if d.startswith("numpy"))
    return re.search(r">=([\d.]+)", bound)[1] + ".*"


def environment(folder, version, numpy):
    """The Python of a new environment with our test extra and that NumPy."""
    python = shutil.which(f"python{version}")
    if python is None:
        return None
    place = folder / f"{version}-numpy{numpy.removesuffix('.*') or '-newest'}"
    if not place.exists():
        subprocess.run([python, "-m", "venv", place], check=True)
        wanted = [f"{ROOT}[test]", f"numpy=={numpy}" if numpy else "numpy"]
        subprocess.run([place / "bin/pip", "install", "--quiet", "-e", *wanted], check=True)
    return place / "bin/python"


def run(python, threads, core):
    """(passed?, last line of pytest) of all chapters."""
    env = os.environ | {"MINITORCH_THREADS": threads, "OPENBLAS_CORETYPE": core}
    command = [python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "notebooks"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout[-6000:])
    lines = done.stdout.strip().splitlines() or ["no output"]
    return done.returncode == 0, lines[-1].strip("= ")


def main(arguments):
    quick = "--quick" in arguments
    folders = [Path(name).resolve() for name in arguments if not name.startswith("-")]
    with tempfile.TemporaryDirectory() as scratch:
        folder, fine = (folders or [Path(scratch)])[0], True
        if quick:
            cases = [("this Python", sys.executable, "2", "SkylakeX")]
        else:
            cases = []
            for version, numpy in itertools.product(PYTHONS, (oldest_numpy(), "")):
                name = f"Python {version}, NumPy {numpy or 'newest'}"
                python = environment(folder, version, numpy)
                if python is None:
                    print(f"{name}: not run, no python{version} on the path")
                    fine = False
                    continue
                cases += [(name, python, *rest) for rest in itertools.product(THREADS, CORES)]
        for name, python, threads, core in cases:
            passed, line = run(python, threads, core)
            fine &= passed
            print(f"{'ok  ' if passed else 'FAIL'} {name}, {threads} threads, {core}: {line}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
