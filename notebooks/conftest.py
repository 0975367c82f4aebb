"""How pytest runs the chapters: nbval executes every cell and compares what it prints.

Here are the repairs that nbval 0.11 needs, the environment its kernels get, and one more test per
notebook: nbval passes a cell that was never run, so what is stored must be complete and in order.
"""

import os
import subprocess
import time
from queue import Empty

import nbformat
import nbval.kernel
import pytest
from nbval.kernel import RunningKernel

# ---- kernels ---------------------------------------------------------------------------------

# One thread, so that sums are added in the same order on every machine; tests/matrix.py asks for 2.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
COUNT = os.environ.get("MINITORCH_THREADS", "1")


def start_new_kernel(stderr, **options):
    """nbval's own, with our environment, and without touching the reader's IPython history."""
    stderr.close()  # nbval opens the null device and never closes it
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return plain_start_new_kernel(
        stderr=subprocess.DEVNULL,
        env=env | dict.fromkeys(THREADS, COUNT) | {"MINITORCH_PROGRESS": ""},
        extra_arguments=["--HistoryManager.hist_file=:memory:"],
        **options,
    )


def execute_cell_input(self, cell_input, allow_stdin=None):
    """With history: without it IPython prints `expr;` and knows neither `_` nor `Out`."""
    return self.kc.execute(
        cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False
    )


def await_reply(self, msg_id, timeout=None):
    """Asks every second whether the kernel lives: nbval waits for a dead one until the timeout."""
    end = time.monotonic() + (float("inf") if timeout is None else timeout)
    while True:
        try:
            message = self.get_message(stream="shell", timeout=1)
        except Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died while it ran this cell") from None
            if time.monotonic() > end:
                raise
            continue
        if message["parent_header"].get("msg_id") == msg_id:
            if message["content"]["status"] == "aborted":
                raise RuntimeError("the kernel refused to run this cell")
            return


plain_start_new_kernel = nbval.kernel.start_new_kernel
nbval.kernel.start_new_kernel = start_new_kernel
RunningKernel.execute_cell_input = execute_cell_input
RunningKernel.await_reply = await_reply

# ---- what is stored --------------------------------------------------------------------------


def stored_faults(notebook):
    """One line per code cell that was not run in its turn, or whose error is not announced."""
    faults = []
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(cells):
        if cell.execution_count != number + 1:
            faults.append(f"Cell {number}: run as number {cell.execution_count}, not {number + 1}")
        for output in cell.outputs:
            count = output.get("execution_count", number + 1)
            if count != number + 1:
                faults.append(f"Cell {number}: numbers its outputs {count}, not {number + 1}")
        failed = any(output.output_type == "error" for output in cell.outputs)
        expected = "raises-exception" in cell.metadata.get("tags", [])
        if failed and not expected:
            faults.append(f"Cell {number}: stores an error without the tag raises-exception")
        if expected and not failed:
            faults.append(f"Cell {number}: tagged raises-exception, stores no error")
    return faults


class StoredNotebook(pytest.File):
    def collect(self):
        yield StoredOutputs.from_parent(self, name="stored outputs")


class StoredOutputs(pytest.Item):
    def runtest(self):
        faults = stored_faults(nbformat.read(self.path, as_version=4))
        if faults:
            pytest.fail("\n".join(faults), pytrace=False)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::{self.name}"


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb":
        return StoredNotebook.from_parent(parent, path=file_path)
