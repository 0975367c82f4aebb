"""notebooks/conftest.py notices what is wrong with a chapter, and spares what is right.

Planted notebooks are run by a pytest of their own with the real conftest.py and sanitising file.
"""

import os
import re
import shutil
import subprocess
import sys

import nbformat
from nbformat import v4
from portable import NOTEBOOKS


def cells(*stored):
    """Code cells run in order, from (source, stored text or error name, tags...)."""
    for count, (source, text, *tags) in enumerate(stored, 1):
        outputs = []
        if text and text.endswith("Error"):
            outputs = [v4.new_output("error", ename=text, evalue="", traceback=[])]
        elif text:
            data = {"text/plain": text}
            outputs = [v4.new_output("execute_result", data, execution_count=count)]
        yield v4.new_code_cell(
            source, outputs=outputs, execution_count=count, metadata={"tags": tags}
        )


def run(folder, *options, **notebooks):
    """{(notebook, test): PASSED or FAILED} and pytest's output."""
    for name in ("conftest.py", "nbval_sanitize.cfg"):
        shutil.copy(NOTEBOOKS / name, folder)
    for name, stored in notebooks.items():
        nbformat.write(v4.new_notebook(cells=list(stored)), folder / f"{name}.ipynb")
    command = "-m pytest -v --color=no -W error -p no:cacheprovider -c /dev/null --rootdir=."
    command += " --nbval --nbval-current-env --nbval-sanitize-with=nbval_sanitize.cfg"
    done = subprocess.run(
        [sys.executable, *command.split(), "--nbval-cell-timeout=60", *options],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "2", "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    text = done.stdout + done.stderr
    lines = re.findall(r"^(\w+)\W+ipynb::(.+?) (PASSED|FAILED)", text, re.MULTILINE)
    return {(notebook, test): result for notebook, test, result in lines}, text


def test_sound_passes_and_wrong_fails(tmp_path):
    sound = cells(
        ("x = 1; x;", None),
        ("x + 1", "2"),
        ("_ + Out[2]", "4"),
        ("import os\nos.environ['OMP_NUM_THREADS']", "'1'"),
        ("'inline' in os.environ['MPLBACKEND']", "True"),
        ("get_ipython().history_manager.hist_file", "':memory:'"),
        ("'took 0.5 s'", "'took 12.25 s'"),
        ("object()", "<object at 0x7f00>"),
        ("raise KeyError", "KeyError", "raises-exception"),
    )
    wrong = cells(("1 + 1", "3"), ("'2 s'", "'3 s'"), ("1;", "1"), ("1", None))
    results, text = run(tmp_path, sound=sound, wrong=wrong)
    expected = {("sound", f"Cell {number}"): "PASSED" for number in range(9)}
    expected |= {("wrong", f"Cell {number}"): "FAILED" for number in range(4)}
    stored = {(name, "stored outputs"): "PASSED" for name in ("sound", "wrong")}
    assert results == expected | stored, text


def test_a_dead_kernel_is_noticed_before_the_timeout(tmp_path):
    results, text = run(tmp_path, dead=cells(("import os; os._exit(1)", None)))
    assert results["dead", "Cell 0"] == "FAILED"
    assert "the kernel died while it ran this cell" in text


def swap(stored):
    stored[0].execution_count, stored[1].execution_count = 2, 1


def forget(stored):
    stored[1].execution_count = None


def misnumber(stored):
    stored[2].outputs[0].execution_count = 7


def announce(stored):
    stored[0].metadata.tags = ["raises-exception"]


def fail(stored):
    stored[0].outputs = [v4.new_output("error", ename="KeyError", evalue="", traceback=[])]


FAULTS = {
    swap: "Cell 0: run as number 2, not 1",
    forget: "Cell 1: run as number None, not 2",
    misnumber: "Cell 2: numbers its outputs 7, not 3",
    announce: "Cell 0: tagged raises-exception, stores no error",
    fail: "Cell 0: stores an error without the tag raises-exception",
}


def test_what_is_stored_must_be_complete_and_in_order(tmp_path):
    notebooks = {}
    for spoil in FAULTS:
        notebooks[spoil.__name__] = list(cells(("pass", None), ("pass", None), ("1", "1")))
        spoil(notebooks[spoil.__name__])
    results, text = run(tmp_path, "-k", "outputs", **notebooks)
    assert results == {(name, "stored outputs"): "FAILED" for name in notebooks}, text
    assert [fault for fault in FAULTS.values() if fault not in text] == []


def test_stored_errors_show_their_message():
    """JupyterLab shows the traceback of a stored error, and nothing else of it."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if output.output_type == "error":
                    # Colours off, on both sides: torch's refusal of a file has bold words in it.
                    shown, said = (
                        re.sub(r"\x1b\[[\d;]*m", "", text)
                        for text in ("\n".join(output.traceback), output.evalue)
                    )
                    assert f"{output.ename}: {said}" in shown, (path.name, cell.id)
