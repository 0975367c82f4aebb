"""Each chapter's portable cells print on real torch what the chapter stores for minitorch."""

import nbformat.v4 as v4
import portable
import pytest
from nbformat import read, write

CHAPTERS = sorted(portable.NOTEBOOKS.glob("*.ipynb"))


@pytest.mark.torch
@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_prints_the_same_on_torch(chapter):
    reports = portable.run_on_torch(chapter)
    assert not reports, "\n\n" + "\n\n".join(reports)


def test_most_cells_are_portable():
    """At least 85 of 100 code cells run on torch as they stand, without a source of their own."""
    notebooks = [read(path, as_version=4) for path in CHAPTERS]
    cells = [cell for nb in notebooks for cell in nb.cells if cell.cell_type == "code"]
    portable_ones = [cell for cell in cells if portable.ONLY not in portable.tags_of(cell)]
    assert len(portable_ones) >= 0.85 * len(cells)


# ---- the runner itself: it must see what is wrong, and nothing else ----------------------------


def result(text):
    return v4.new_output("execute_result", {"text/plain": text}, execution_count=1)


def printed(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def error(ename, evalue):
    return v4.new_output("error", ename=ename, evalue=evalue, traceback=[])


def picture(data):
    return v4.new_output("display_data", {"text/plain": "<picture>", "image/png": data})


def cell(source, *outputs, tags=(), **metadata):
    return v4.new_code_cell(
        source, outputs=list(outputs), execution_count=1, metadata={"tags": list(tags), **metadata}
    )


def run(folder, *cells):
    """The runner's reports by cell number, without the repeated source."""
    path = folder / "tiny.ipynb"
    write(v4.new_notebook(cells=[v4.new_markdown_cell("minitorch"), *cells]), path)
    split = {}
    for report in portable.run_on_torch(path):
        title, rest = report.split(":\n", 1)
        split[int(title.removeprefix("tiny.ipynb, Cell "))] = rest
    return split


SETUP = cell("import minitorch as torch\nfrom minitorch import nn\nfrom IPython.display import *")
PNG = "iVBORw0KGgo="
SHOW = f"display({{'image/png': '{PNG}', 'text/plain': '<picture>'}}, raw=True)"


@pytest.mark.torch
def test_runner_passes_what_agrees(tmp_path):
    assert not run(
        tmp_path,
        SETUP,
        cell("torch.ones(2)", result("tensor([1., 1.])")),
        cell("torch.__name__", result("'minitorch'")),
        cell("x = 1; x;"),
        cell("print('took 0.2 s')", printed("took 17.25 s\n")),
        cell(SHOW, picture("another picture")),
        cell(
            "torch.ones(2) @ torch.ones(3)",
            error(
                "RuntimeError",
                "inconsistent tensor size, expected tensor [2] and src [3] to have the same number"
                " of elements, but got 2 and 3 elements respectively",
            ),
            tags=["raises-exception"],
        ),
        cell("torch.rand(2)", result("tensor([9., 9.])"), tags=["nbval-ignore-output"]),
        cell("raise SystemError", tags=["nbval-skip"]),
        cell("torch.datasets.digits()", tags=["minitorch-only"]),
        cell("a = b = 1", printed("loaded"), tags=["minitorch-only"], torch="a = torch.ones(1)"),
        cell("print(a)", printed("tensor([1.])\n")),
        cell("open('made.pt', 'w').close()"),
    )
    assert not list(tmp_path.glob("*.pt"))


@pytest.mark.torch
def test_runner_reports_what_differs(tmp_path):
    reports = run(
        tmp_path,
        SETUP,
        cell("torch.ones(2)", result("tensor([1., 2.])")),
        cell("print(1)"),
        cell("1;", result("1")),
        cell("print(1)", printed("1\n", name="stderr")),
        cell("pass", picture(PNG)),
        cell(SHOW),
        cell("1 / 0", error("ZeroDivisionError", "by nought"), tags=["raises-exception"]),
        cell("1", error("ValueError", "no"), tags=["raises-exception"]),
    )
    assert list(reports) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert reports[1] == (
        "torch.ones(2)\ntext/plain differs\n"
        "-- stored:\ntensor([1., 2.])\n-- torch:\ntensor([1., 1.])"
    )
    assert "ZeroDivisionError: by nought" in reports[7]
    assert "ZeroDivisionError: division by zero" in reports[7]


@pytest.mark.torch
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("minitorch.datasets.digits()", "has no attribute 'datasets'"),
        ("import os; os._exit(1)", "Kernel died"),
    ],
)
def test_runner_stops_where_torch_cannot_go_on(tmp_path, source, reason):
    reports = run(tmp_path, cell("import minitorch"), cell(source), cell("1", result("2")))
    assert list(reports) == [1]
    assert reason in reports[1]


def test_a_source_for_torch_needs_the_tag():
    notebook = v4.new_notebook(cells=[cell("1", torch="2")])
    with pytest.raises(ValueError, match="no tag minitorch-only"):
        list(portable.cells_for_torch(notebook))
