"""Run chapters from top to bottom and store their outputs: `python notebooks/store.py CHAPTER...`.

What is stored is what a reader sees at the end and nothing of the machine: no times, a progress bar
in its last state, and of an expected error the reader's own cell and the message.
"""

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
LIVE = ["application/vnd.jupyter.widget-view+json"]
FRAME = re.compile(r"(\x1b\[\d+m)*(Cell|File)\b")  # how IPython begins a frame of a traceback


def store(path):
    """Executes one notebook in a clean kernel and writes it back."""
    notebook = nbformat.read(path, as_version=4)
    metadata = dict(notebook.metadata)
    client = NotebookClient(
        notebook,
        timeout=120,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    )
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    client.execute(env=env | dict.fromkeys(THREADS, "1") | {"MINITORCH_PROGRESS": ""})
    notebook.metadata = nbformat.from_dict(metadata)  # not the version of this Python
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = lasting(cell.outputs)
        for output in cell.get("outputs", []):
            tidy(output)
    nbformat.write(notebook, path)


def lasting(outputs):
    """Without the live view of a widget: it would load for ever. Its static view stays."""
    return [output for output in outputs if list(output.get("data", ())) != LIVE]


def tidy(output):
    """Cuts one output down to what a reader sees of it."""
    if output.output_type == "stream":  # "\r" starts the line again
        output.text = "\n".join(line.split("\r")[-1] for line in output.text.split("\n"))
    elif output.output_type == "error":
        parts = output.traceback  # two of a title, the frames, the message and its notes
        frames = [i for i, part in enumerate(parts) if FRAME.match(part)]
        own = [parts[i] for i in frames if "In[" in parts[i]]
        output.traceback = parts[:2] + own + parts[max(frames, default=1) + 1 :]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        store(Path(name).resolve())
