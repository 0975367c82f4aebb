"""What `import minitorch` adds to `import numpy`: medians over fresh processes.

    python benchmarks/import_time.py

The exit status is 1 when it is more than 60 ms.
"""

import os
import subprocess
import sys
import tempfile
from statistics import median

PROCESSES = 10
LIMIT = 60
CLOCK = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"


def milliseconds(modules, cache):
    """How long one fresh process takes to import `modules`, the start of Python not counted."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", CLOCK.format(modules)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True,
                          env=env | {"PYTHONPYCACHEPREFIX": cache})  # fmt: skip
    return 1000 * float(done.stdout)


def main():
    statements = ("numpy", "numpy, minitorch")
    with tempfile.TemporaryDirectory() as cache:
        for modules in statements:  # writes the bytecode and fills the disk cache
            milliseconds(modules, cache)
        rounds = [[milliseconds(m, cache) for m in statements] for _ in range(PROCESSES)]
    numpy, both = (median(column) for column in zip(*rounds, strict=True))
    print(f"import numpy             {numpy:6.1f} ms")
    print(f"import numpy, minitorch  {both:6.1f} ms")
    print(f"minitorch adds           {both - numpy:6.1f} ms of at most {LIMIT} ms")
    return both - numpy <= LIMIT


if __name__ == "__main__":
    sys.exit(not main())
