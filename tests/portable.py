"""Runs a chapter on real torch and compares with the outputs stored for minitorch.

Every code cell is executed with the word `minitorch` read as `torch`, except those tagged
`minitorch-only`: they are dropped, or replaced by the source in their metadata `{"torch": "..."}`
where later cells need what they define. From the command line: `python tests/portable.py CHAPTER`.
"""

import copy
import os
import re
import shutil
import sys
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from nbval.plugin import coalesce_streams, get_sanitize_patterns

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
ONLY, IGNORE, SKIP = "minitorch-only", "nbval-ignore-output", "nbval-skip"
CELL_TIMEOUT = 120
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# ---- cells -------------------------------------------------------------------------------------


def as_torch(text):
    """The text with the word minitorch read as torch.

    >>> as_torch("import minitorch as torch; minitorch_x = minitorch.ones(2)")
    'import torch as torch; minitorch_x = torch.ones(2)'
    """
    return re.sub(r"\bminitorch\b", "torch", text)


def tags_of(cell):
    return set(cell.metadata.get("tags", []))


def cells_for_torch(notebook):
    """(number, stored cell, cell to run) for each code cell that torch gets.

    Numbers count code cells from 0, as nbval's do.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, stored in enumerate(code):
        cell, tags = copy.deepcopy(stored), tags_of(stored)
        replacement = stored.metadata.get("torch")
        if replacement is not None and ONLY not in tags:
            raise ValueError(f"Cell {number} has a source for torch, but no tag {ONLY}")
        if SKIP in tags or (ONLY in tags and replacement is None):
            continue
        cell.source = as_torch(stored.source) if replacement is None else replacement
        yield number, stored, cell


# ---- outputs -----------------------------------------------------------------------------------


def sanitizer(config):
    """A function that masks what nbval masks."""
    patterns = get_sanitize_patterns(config.read_text(encoding="utf-8"))

    def sanitize(text):
        for regex, replace in patterns:
            text = re.sub(regex, replace, text)
        return text

    return sanitize


def comparable(outputs, sanitize):
    """{kind: [text, ...]}; of images only how many there are, of widgets nothing: live views are
    not stored."""
    kinds = defaultdict(list)
    for output in coalesce_streams(copy.deepcopy(outputs)):
        if output.output_type == "stream":
            kinds[output.name].append(sanitize(output.text))
        elif output.output_type == "error":
            kinds["error"].append(sanitize(f"{output.ename}: {output.evalue}"))
        else:
            for mime, data in output.data.items():
                if "widget" not in mime:
                    seen = mime.startswith("image/")
                    kinds[mime].append("(shown)" if seen else sanitize(str(data)))
    return kinds


def differences(stored, new, sanitize):
    """One paragraph per kind of output that is not the same."""
    stored = comparable(stored, lambda text: sanitize(as_torch(text)))
    new = comparable(new, sanitize)
    found = []
    for kind in sorted(stored.keys() | new.keys()):
        if stored[kind] != new[kind]:
            sides = [("stored", stored[kind]), ("torch", new[kind])]
            text = [f"-- {side}:\n" + ("\n".join(texts) or "(nothing)") for side, texts in sides]
            found.append(f"{kind} differs\n" + "\n".join(text))
    return found


# ---- the run -----------------------------------------------------------------------------------


@contextmanager
def running(notebook, folder):
    """A client with a new kernel of this environment, which works in a copy of the folder."""
    manager = AsyncKernelManager(
        kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=NbvalKernelspecManager()
    )
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    env |= dict.fromkeys(THREADS, "1") | {"MINITORCH_PROGRESS": ""}
    with tempfile.TemporaryDirectory() as scratch:
        copied = shutil.copytree(folder, Path(scratch) / "notebooks")
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=CELL_TIMEOUT,
            record_timing=False,
            resources={"metadata": {"path": str(copied)}},
        )
        with client.setup_kernel(env=env, cleanup_kc=True):
            yield client


def run_on_torch(path, config=NOTEBOOKS / "nbval_sanitize.cfg"):
    """One report per cell of a chapter whose output on torch is not the stored one."""
    notebook, sanitize, reports = nbformat.read(path, as_version=4), sanitizer(config), []
    cells = list(cells_for_torch(notebook))
    notebook.cells = [cell for _, _, cell in cells]
    with running(notebook, path.parent) as client:
        for index, (number, stored, cell) in enumerate(cells):
            title = f"{path.name}, Cell {number}:\n{cell.source}\n"
            try:
                client.execute_cell(cell, index)
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                # Later cells would only show what follows from it.
                return [*reports, f"{title}the run stopped here: {error}"]
            if not {ONLY, IGNORE} & tags_of(stored):
                found = differences(stored.outputs, cell.outputs, sanitize)
                reports += [title + "\n".join(found)] if found else []
    return reports


if __name__ == "__main__":
    reports = [report for name in sys.argv[1:] for report in run_on_torch(Path(name).resolve())]
    print("\n\n".join(reports) or "the same on torch")
    sys.exit(bool(reports))
