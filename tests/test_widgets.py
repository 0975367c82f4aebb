"""`minitorch.widgets`: what a control changes, and what stays in a stored notebook.

The real JupyterLab is in tests/browser/test_lab_widgets.py.
"""

import importlib.util
import re
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import minitorch
from minitorch import nn, viz, widgets
from minitorch.widgets.base import WIDGET_VIEW
from minitorch.widgets.graph_viewer import arrivals, shown_numbers


@pytest.fixture
def shell():
    """An IPython, so that what is displayed can be seen."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def make(lib):
    """One of each widget that is not a loop."""
    lib.manual_seed(0)
    model = lib.nn.Linear(2, 1)
    optimizer = lib.optim.SGD(model.parameters(), lr=0.5)

    def step():
        optimizer.zero_grad()
        model(lib.ones(1, 2)).sum().backward()
        optimizer.step()

    w = lib.ones(2, requires_grad=True)
    inputs = lib.arange(12.0).reshape(6, 2) / 10
    return {
        "module_explorer": widgets.module_explorer(model),
        "graph_viewer": widgets.graph_viewer((w * w).sum(), {"w": w}),
        "hidden_state": widgets.hidden_state(lambda x, h: (h * w + x).tanh(), inputs, lib.ones(2)),
        "optimizer_lab": widgets.optimizer_lab("Rosenbrock"),
        "state_dict_difference": widgets.state_dict_difference(model, lib.nn.Linear(2, 1)),
        "freeze_panel": widgets.freeze_panel(model, optimizer, step),
    }


# ---- all of them -------------------------------------------------------------------------------


def test_every_widget_is_shown_with_a_static_view_that_never_changes(lib, shell):
    for first, again in zip(make(lib).items(), make(lib).items()):
        name, widget = first
        with capture_output() as shown:
            widget._ipython_display_()
        static, live = (output.data for output in shown.outputs)
        assert set(static) == {"text/html", "text/plain"} and set(live) == {WIDGET_VIEW}, name
        assert static["text/html"] == again[1]._repr_html_() == widget._repr_html_()
        assert static["text/plain"] == repr(again[1])
        assert ElementTree.fromstring(static["text/html"]).get("class") == "mt-static"
        assert not re.search("0x[0-9a-f]{6}", static["text/html"] + static["text/plain"])


def test_a_stored_notebook_keeps_the_static_view_alone():
    place = Path(__file__).parents[1] / "notebooks" / "store.py"
    spec = importlib.util.spec_from_file_location("store", place)
    store = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(store)
    static, live, stream = {"data": {"text/html": ""}}, {"data": {WIDGET_VIEW: {}}}, {"text": ""}
    assert store.lasting([static, live, stream]) == [static, stream]


def test_what_is_shown_live_is_the_view_of_the_controls(lib):
    for widget in make(lib).values():
        assert widget.page.value == widget.view().live()
        assert "mt-live" in widget.box._dom_classes


def test_widgets_escape_what_they_show():
    model = nn.Linear(1, 1)
    explorer = widgets.module_explorer(model)
    explorer.name.value = "<script>"
    explorer.assign.click()
    w = minitorch.ones(1, requires_grad=True)
    viewer = widgets.graph_viewer(w * 2, {"<script>": w})
    viewer.step.value = 2
    for page in (explorer.page.value, viewer.page.value, explorer._repr_html_()):
        assert "<script>" not in page and "&lt;script&gt;" in page


# ---- module explorer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "choice, drawer",
    [("nn.Parameter", "_parameters"), ("ones", "__dict__"), ("nn.Buffer", "_buffers"),
     ("nn.Linear", "_modules"), ("[nn.Linear", "__dict__"), ("None", "__dict__")],
)  # fmt: skip
def test_an_assignment_lands_where_the_library_puts_it(lib, choice, drawer):
    explorer = widgets.module_explorer(lib.nn.Module())
    explorer.choice.value = next(o for o in explorer.choice.options if o.startswith(choice))
    explorer.assign.click()
    assert f"landed in {drawer}." in explorer.said
    rows = {a.path: a.drawer for a in viz.module(explorer.of).attributes}
    assert rows["extra"] == drawer and "extra" in explorer.page.value


def test_a_refused_assignment_is_told_in_the_librarys_words(lib):
    explorer = widgets.module_explorer(lib.nn.Linear(1, 1))
    explorer.name.value, explorer.choice.value = "weight", "0.5, a number"
    explorer.assign.click()
    assert "TypeError: cannot assign 'float' as parameter 'weight'" in explorer.said


def test_an_assignment_in_another_cell_shows(shell):
    model = nn.Module()
    explorer = widgets.module_explorer(model)
    shell.user_ns["model"] = model
    shell.run_cell("model.late = 1")
    assert "late" in explorer.page.value


# ---- graph viewer ------------------------------------------------------------------------------


def test_the_slider_walks_through_backward(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    viewer = widgets.graph_viewer(((w * w).sum() - 1) ** 2, {"w": w})
    said = []
    for step in range(viewer.step.max + 1):
        viewer.step.value = step
        said.append(viewer.text().splitlines()[0])
    assert said == [
        "Before backward. Move the slider: 5 steps.",
        "Step 1 of 5: PowBackward0 gets 1",
        "Step 2 of 5: SubBackward0 gets 8",
        "Step 3 of 5: SumBackward0 gets 8",
        "Step 4 of 5: MulBackward0 gets [8, 8]",
        "Step 5 of 5: leaf w gets [16, 32]",
    ]


def test_looking_changes_nothing(lib):
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    (w * 3).sum().backward()
    kept, loss = w.grad, (w * w).sum()
    widgets.graph_viewer(loss)
    assert w.grad is kept and kept.tolist() == [3.0, 3.0]
    loss.backward()
    assert w.grad.tolist() == [5.0, 7.0]


def test_a_graph_that_was_written_to_tells_where_backward_stops(lib):
    w = lib.ones(2, requires_grad=True)
    y = w * 2
    loss = (y * y).sum()
    y.add_(1)
    viewer = widgets.graph_viewer(loss, {"w": w})
    viewer.step.value = viewer.step.max
    assert "Backward stops here" in viewer.text() and "modified by an inplace" in viewer.text()
    assert w.grad is None


def test_arrivals_are_the_gradients_of_a_real_backward(lib):
    w = lib.tensor([0.5, -1.0], requires_grad=True)
    loss = (w.exp() * w).sum()
    nodes = viz.graph(loss).nodes
    steps, refused = arrivals(loss, nodes)
    loss.backward()
    place, g = steps[-1]
    assert refused == "" and nodes[place].variable is w and g.tolist() == w.grad.tolist()


def test_numbers_are_shown_short():
    assert shown_numbers(None) == "nothing"
    assert shown_numbers(minitorch.tensor(True)) == "1"


# ---- hidden state ------------------------------------------------------------------------------


def test_detach_keeps_the_graph_short_and_the_state_the_same(lib):
    cell = lib.nn.LSTMCell(2, 3)
    h = lib.zeros(1, 3), lib.zeros(1, 3)
    seen = widgets.hidden_state(cell, lib.ones(12, 1, 2), h)
    seen.chunk.value = 4
    with_detach, states = seen.lengths, [h.tolist() for h in seen.states]
    seen.detach.value = False
    assert [h.tolist() for h in seen.states] == states
    assert with_detach[:4] == with_detach[4:8] == with_detach[8:] == seen.lengths[:4]
    assert seen.lengths == sorted(set(seen.lengths)) == seen.undetached


# ---- optimizer lab -----------------------------------------------------------------------------


def test_sliders_set_the_hyper_parameters_of_real_optimizers():
    lab = widgets.optimizer_lab("bowl")
    lab.lr.value, lab.momentum.value, lab.steps.value = 0.01, 0.5, 7
    lab.runs["SGD"].value = False
    assert list(lab.ways) == ["SGD with momentum", "Adam"]
    p = minitorch.tensor([-1.6, 1.2], requires_grad=True)
    optimizer = minitorch.optim.SGD([p], lr=lab.lr.value, momentum=0.5)
    for _ in range(7):
        optimizer.zero_grad()
        (p[0] ** 2 + p[1] ** 2).backward()
        optimizer.step()
    assert lab.ways["SGD with momentum"][-1] == tuple(p.tolist())


def test_a_surface_changes_start_and_goal():
    lab = widgets.optimizer_lab()
    start = lab.ways["Adam"][0]
    lab.surface.value = "Rosenbrock"
    assert lab.ways["Adam"][0] != start and "10" not in lab.ways


# ---- state-dict difference ---------------------------------------------------------------------


def test_a_verdict_chooses_keys_and_a_key_its_numbers(lib):
    mine, other = {"a": lib.ones(1), "b": lib.ones(2), "c": 3}, {"a": lib.zeros(1), "c": 3}
    seen = widgets.state_dict_difference(mine, other)
    assert seen.verdict.options == ("all", "missing", "changed", "same")
    seen.verdict.value = "changed"
    assert seen.key.value == "a" and "in the other  [0]" in seen.text()
    assert "b " not in seen.text().partition("Numbers")[0]
    seen.verdict.value = "missing"
    assert "in the model  [1, 1]\nin the other  nothing" in seen.text()


def test_a_difference_of_nothing_is_no_error():
    assert "both are empty" in widgets.state_dict_difference({}, {}).text()


# ---- freeze panel ------------------------------------------------------------------------------


def test_the_panel_freezes_steps_and_reports(lib):
    panel = make(lib)["freeze_panel"]
    panel.take_step.click()
    assert panel.report.moved == ["weight", "bias"]
    panel.learns["bias"].value = False
    panel.take_step.click()
    assert panel.report.moved == ["weight"] and "1 of 2 moved" in panel.page.value
    panel.mode.value = False
    assert panel.model.training is False and not panel.model.bias.requires_grad


def test_a_step_with_everything_frozen_is_told(lib):
    panel = make(lib)["freeze_panel"]
    for box in panel.learns.values():
        box.value = False
    panel.take_step.click()
    assert panel.report is None and "does not require grad" in panel.page.value


# ---- monitor -----------------------------------------------------------------------------------


def test_the_monitor_iterates_counts_and_draws(shell):
    seen, items = widgets.monitor([1, 2, 4], every=2), []
    with capture_output() as shown:
        for item in seen:
            items.append(item)
            seen.log(loss=1 / item, accuracy=minitorch.tensor(0.5))
    assert items == [1, 2, 4] and seen.bar.value == seen.done == 3
    assert seen.curves == {"loss": [1.0, 0.5, 0.25], "accuracy": [0.5] * 3}
    live, final = shown.outputs
    assert set(live.data) == {WIDGET_VIEW}
    assert final.data["text/html"] == str(seen.view().html())
    assert final.data["text/plain"].startswith("3 of 3\n")
    assert final.update and final.transient == live.transient  # it takes the place of the live one


class Stop(Exception):
    pass


@pytest.mark.parametrize("end", ["break", "raise"])
def test_a_loop_that_ends_early_still_leaves_its_picture(shell, end):
    seen = widgets.monitor(iter(range(5)), total=5)
    with capture_output() as shown, suppress(Stop):
        for i in seen:
            seen.log(loss=i)
            if i == 2 and end == "break":
                break
            if i == 2:
                raise Stop
    assert seen.curves["loss"] == [0, 1, 2]
    assert shown.outputs[-1].data["text/plain"].startswith("2 of 5\n")
