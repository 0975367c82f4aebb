"""Every widget in the real JupyterLab: moved once by keyboard, seen to change; then without kernel.

The screenshots go where those of test_lab.py go.
"""

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_lab import page, photograph, pytestmark, run_all, serving, unexpected_errors

__all__ = ["page", "pytestmark"]  # fixtures and marks are found by name

IMPORTS = """import minitorch
from minitorch import nn, viz, widgets

viz.enable()
minitorch.manual_seed(0)
model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
model"""

# name: (the cell, the control to focus, the key to press, what is to be seen before and after)
CELLS = {
    "module_explorer": (
        "widgets.module_explorer(nn.Linear(2, 1))",
        "button:has-text('Assign')", "Enter", "Nothing assigned", "it landed in _parameters",
    ),
    "graph_viewer": (
        "w = minitorch.tensor([1.0, 2.0], requires_grad=True)\n"
        'widgets.graph_viewer(((w * w).sum() - 1) ** 2, {"w": w})',
        ".noUi-handle", "ArrowRight", "Before backward", "Step 1 of 5: PowBackward0 gets 1",
    ),
    "hidden_state": (
        "W = nn.Parameter(minitorch.randn(6, 6) * 0.5)\n"
        "inputs = minitorch.randn(40, 6) * 0.4\n"
        "widgets.hidden_state(lambda x, h: (W @ h + x).tanh(), inputs, minitorch.zeros(6))",
        ".noUi-handle", "ArrowRight", "detached every 10 steps", "detached every 11 steps",
    ),
    "optimizer_lab": (
        "widgets.optimizer_lab()",
        ".noUi-handle >> nth=2", "ArrowRight", "30 steps with lr", "31 steps with lr",
    ),
    "state_dict_difference": (
        "widgets.state_dict_difference(nn.Linear(2, 1), nn.Linear(3, 1, bias=False))",
        "button:has-text('missing')", "Enter", "Numbers of weight", "Numbers of bias",
    ),
    "freeze_panel": (
        "optimizer = minitorch.optim.SGD(model.parameters(), lr=0.1)\n\n\n"
        "def step():\n"
        "    optimizer.zero_grad()\n"
        "    model(minitorch.randn(8, 3)).pow(2).sum().backward()\n"
        "    optimizer.step()\n\n\n"
        "widgets.freeze_panel(model, optimizer, step)",
        "button", "Enter", "No step taken", "After a step: 7 of 7 moved",
    ),
}  # fmt: skip
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
MONITOR = """seen = widgets.monitor(range(20))
for i in seen:
    seen.log(loss=2 / (i + 1), accuracy=i / 20)"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves one notebook with all the widgets."""
    home = tmp_path_factory.mktemp("widgets")
    (home / "notebooks").mkdir()
    sources = [IMPORTS, *(cell[0] for cell in CELLS.values()), MONITOR]
    notebook = new_notebook(cells=list(map(new_code_cell, sources)), metadata=KERNEL)
    nbformat.write(notebook, home / "notebooks" / "widgets.ipynb")
    with serving(home) as address:
        yield address


def reopen_without_kernel(page, lab):
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    page.goto(f"{lab}/lab?reset")
    page.wait_for_function("() => window.jupyterapp?.commands?.hasCommand('docmanager:open')")
    page.evaluate(
        """() => window.jupyterapp.commands.execute('docmanager:open', {path: 'widgets.ipynb',
             factory: 'Notebook', kernelPreference:
             {shouldStart: false, canStart: false, autoStartDefault: false}})"""
    )
    page.wait_for_selector(".jp-NotebookPanel .jp-Cell")


def test_every_widget_moves_by_keyboard_and_leaves_its_static_view(lab, page, tmp_path):
    from playwright.sync_api import expect

    run = run_all(page, f"{lab}/lab/tree/widgets.ipynb?reset")
    assert list(unexpected_errors(run)) == []
    page.set_default_timeout(20_000)
    cells = page.locator(".jp-NotebookPanel .jp-Cell")
    for number, (_, control, key, before, after) in enumerate(CELLS.values(), 1):
        cell, live = cells.nth(number), cells.nth(number).locator(".mt-live")
        expect(live).to_contain_text(before)
        expect(cell.locator(".mt-static")).to_be_hidden()
        live.locator(control).first.focus()
        page.keyboard.press(key)
        expect(live).to_contain_text(after)
        expect(live).not_to_contain_text(before)
    expect(cells.nth(len(CELLS) + 1)).to_contain_text("20 of 20")
    shots = Path(os.environ.get("MINITORCH_SHOTS", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    photograph(page, shots, "widgets")

    reopen_without_kernel(page, lab)
    for number in range(1, len(CELLS) + 1):
        expect(cells.nth(number).locator(".mt-static")).to_be_visible()
    expect(cells.nth(len(CELLS) + 1)).to_contain_text("20 of 20")
    assert page.locator(".mt-static img").evaluate_all(
        "images => images.every(image => image.alt && image.naturalWidth > 0)"
    )
    photograph(page, shots, "static")
