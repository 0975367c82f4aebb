"""`minitorch.viz`: what the pictures and tables say, on minitorch and on real torch alike.

The data behind a view are checked; of what is drawn, that it is well formed, safe and repeatable.
"""

import importlib
import re
import subprocess
import sys
from collections import OrderedDict
from xml.etree import ElementTree

import numpy as np
import pytest

import minitorch
from minitorch import nn, viz
from minitorch.viz.charts import ticks
from minitorch.viz.layout import layered
from minitorch.viz.markup import Picture, tag
from minitorch.viz.palette import FILLS, GREY, INK, LINES
from minitorch.viz.surfaces import contour

HOSTILE = "<script>\"&'\x00</script>"


def network(lib):
    lib.manual_seed(0)
    return lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 2))


def views(lib):
    """One of each view, made from the same numbers in both libraries."""
    model = network(lib)
    loss = (
        model[2](model[0](lib.ones(5, 3)).tanh()).pow(2).mean()
    )  # nothing fused: torch keeps more
    before = viz.snapshot(model)
    model(lib.ones(5, 3))
    w = lib.tensor([1.0, 2.0], requires_grad=True)
    states = [(w * t).tanh() for t in range(-2, 3)]
    point = lib.tensor([1.0, 2.0], requires_grad=True)
    way = viz.descend(lambda p: (p * p).sum(), point, lambda p: lib.optim.SGD(p, lr=0.1), 5)
    return {
        "graph": viz.graph(loss, model),
        "module": viz.module(model),
        "state_dict": viz.state_dict(model),
        "difference": viz.state_dict_diff(model, network(lib)),
        "freezing": viz.freeze_report(before, model),
        "timeline": viz.timeline(states, chunk=2, without=[3] * 5),
        "paths": viz.paths(lambda x, y: x * x + y * y, {"SGD": way}, goal=(0, 0)),
        "curve": viz.curve({"a": [3, 2, float("nan"), 1], "b": [0, 1]}),
    }


def xml_of(view):
    """The view as parsed XML; a `<p>` beside an `<svg>` needs a root around both."""
    return ElementTree.fromstring(f"<root>{view.live()}</root>")


# ---- all of them -------------------------------------------------------------------------------


def test_every_view_is_well_formed_repeatable_and_free_of_addresses(lib):
    once, again = views(lib), views(lib)
    for name, view in once.items():
        assert len(xml_of(view)) and len(ElementTree.fromstring(view._repr_html_()) or "x"), name
        assert view._repr_html_() == again[name]._repr_html_() and view.live() == again[name].live()
        assert repr(view) == repr(again[name])
        assert not re.search("0x[0-9a-f]{6}", repr(view) + view.live() + view._repr_html_())


@pytest.mark.torch
def test_every_view_is_the_same_for_torch():
    ours, theirs = views(minitorch), views(importlib.import_module("torch"))
    for name, view in ours.items():
        assert repr(view) == repr(theirs[name])
        assert view._repr_html_() == theirs[name]._repr_html_(), name


def test_every_picture_has_words(lib):
    pictures = [view for view in views(lib).values() if isinstance(view, Picture)]
    assert len(pictures) == 4
    for view in pictures:
        (svg,) = xml_of(view)
        title, description = svg[0], svg[1]
        assert svg.get("role") == "img" and title.tag.endswith("title") and title.text
        assert description.tag.endswith("desc") and description.text
        assert ElementTree.fromstring(view._repr_html_()).get("alt").split() == view.alt.split()


def test_viz_needs_nothing_but_numpy_to_be_imported():
    code = """import sys
from minitorch import viz
print(sorted({"matplotlib", "IPython", "ipywidgets", "torch"} & set(sys.modules)))"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


# ---- escaping ----------------------------------------------------------------------------------


def test_text_from_outside_is_escaped_everywhere():
    model = nn.Sequential()
    model.register_buffer("plain", minitorch.ones(1))
    model._buffers[HOSTILE] = minitorch.ones(1)
    model.note = HOSTILE
    w = minitorch.ones(1, requires_grad=True)
    hostile = [
        viz.module(model),
        viz.state_dict({HOSTILE: minitorch.ones(1)}),
        viz.state_dict_diff({HOSTILE: minitorch.ones(1)}, {}),
        viz.freeze_report({}, model),
        viz.graph(w * 2, {HOSTILE: w}),
        viz.curve({HOSTILE: [1], "b": [2]}, HOSTILE, HOSTILE),
        viz.paths(lambda x, y: x, {HOSTILE: [(0, 0)]}),
    ]
    for view in hostile:
        for markup in (view.live(), view._repr_html_()):
            assert "<script" not in markup and "\x00" not in markup
        assert "<script>" in "".join(xml_of(view).itertext())  # it is there, as text


def test_tag_writes_short_numbers_and_leaves_out_none():
    assert tag("rect", x=1.0, y=-0.04, rx=None, stroke_width=2.25) == (
        '<rect x="1" y="0" stroke-width="2.2"/>'
    )


# ---- palette -----------------------------------------------------------------------------------


def luminance(color):
    """The relative luminance of "#rrggbb", as WCAG defines it."""
    parts = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_lines_are_seen_on_light_and_on_dark_and_differ_in_lightness():
    for color in (*LINES, GREY):
        assert contrast(color, "#FFFFFF") >= 3 and contrast(color, "#111111") >= 3
    lightness = sorted(116 * luminance(color) ** (1 / 3) - 16 for color in LINES)
    assert min(np.diff(lightness)) > 3


def test_text_in_boxes_is_easy_to_read():
    assert all(contrast(INK, fill) >= 7 for fill in FILLS.values())


def test_style_gives_matplotlib_the_palette():
    import matplotlib

    with matplotlib.rc_context():
        viz.style()
        cycle = matplotlib.rcParams["axes.prop_cycle"].by_key()
        assert tuple(cycle["color"]) == LINES and len(set(cycle["linestyle"])) == len(LINES)
        assert matplotlib.rcParams["figure.facecolor"] == "none"


# ---- graphs ------------------------------------------------------------------------------------


def test_graph_knows_names_sources_and_what_is_kept(lib):
    a, x = lib.ones(2, requires_grad=True), lib.ones(3, 2)
    view = viz.graph((x * a).exp().sum(), {"a": a})
    assert [(box.title, box.sources) for box in view.boxes] == [
        ("leaf a", []), ("MulBackward0", [0]), ("ExpBackward0", [1]), ("SumBackward0", [2]),
    ]  # fmt: skip
    assert [box.shape for box in view.boxes] == ["(2,)", "(3, 2)", "(3, 2)", "()"]
    kept = [(k.name, k.what, k.version) for box in view.boxes for k in box.kept]
    assert ("result", "(3, 2)", 0) in kept and ("self", "(3, 2)", 0) in kept


def test_graph_shows_who_was_written_to(lib):
    a = lib.ones(2, requires_grad=True)
    b = a * 2
    c = b * b
    b.add_(1)
    kept = viz.graph(c.sum()).boxes[2].kept
    assert [(k.name, k.version, k.now, k.stale) for k in kept] == [
        ("other", 0, 1, True), ("self", 0, 1, True),
    ]  # fmt: skip
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        c.sum().backward()


def test_graph_after_backward_keeps_nothing(lib):
    a = lib.ones(2, requires_grad=True)
    loss = (a * a).sum()
    loss.backward()
    assert {str(k) for k in viz.graph(loss).boxes[1].kept} == {"nothing any more: freed"}


def test_graph_of_a_function_of_ones_own(lib):
    class Square(lib.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = lib.ones(2, requires_grad=True)
    box = viz.graph(Square.apply(x), {"x": x}).boxes[-1]
    assert box.title == "SquareBackward" and [str(k) for k in box.kept] == ["keeps tensor 0 = x v0"]


def test_graph_of_a_leaf_and_of_no_graph(lib):
    w = lib.nn.Parameter(lib.ones(2))
    assert [box.title for box in viz.graph(w, {"w": w}).boxes] == ["parameter w"]
    with pytest.raises(ValueError, match="no graph"):
        viz.graph(w.detach())


def test_a_graph_of_100_000_operations_is_cut_not_crashed():
    h = x = minitorch.ones(1, requires_grad=True)
    for _ in range(100_000):
        h = h + x
    assert viz.graph_length(h) == 100_000
    view = viz.graph(h, limit=20)
    assert len(view.boxes) == 20 and "99,981 older ones not shown" in repr(view)


def test_graph_length_counts_a_shared_operation_once(lib):
    w = lib.ones(2, requires_grad=True)
    y = w * 2
    assert viz.graph_length(w) == viz.graph_length(w.detach()) == 0
    assert viz.graph_length([y + 1, y + 2]) == 3


# ---- layout ------------------------------------------------------------------------------------


def test_boxes_never_overlap_and_edges_go_down():
    model = nn.Sequential(*(nn.Linear(3, 3) for _ in range(4)))
    x = h = minitorch.ones(2, 3, requires_grad=True)
    for layer in model:
        h = layer(h).tanh() + x
    view = viz.graph(h.sum(), model)
    boxes = [(*view.centres[i], *view.sizes[i]) for i in view.centres]
    for i, (x1, y1, w1, h1) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[:i]:
            assert abs(x1 - x2) >= (w1 + w2) / 2 or abs(y1 - y2) >= (h1 + h2) / 2
    assert all(view.centres[a][1] < view.centres[b][1] for a, b in view.ways)
    width, height = view.size
    assert all(
        x - w / 2 >= 0 and x + w / 2 <= width and y + h / 2 <= height for x, y, w, h in boxes
    )


def test_an_edge_goes_round_the_boxes_of_the_rows_between():
    sizes = {"a": (20, 10), "b": (80, 60), "c": (20, 10)}
    centres, ways, _ = layered(sizes, [("a", "b"), ("b", "c"), ("a", "c")])
    _, (x, top), (x2, bottom), _ = ways["a", "c"]
    assert x == x2 and bottom - top == 60 and abs(x - centres["b"][0]) > 40


def test_a_diamond_is_symmetric():
    sizes = dict.fromkeys("abcd", (20, 10))
    centres, ways, _ = layered(sizes, [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])
    assert centres["a"][0] == centres["d"][0] == (centres["b"][0] + centres["c"][0]) / 2
    assert set(ways) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


# ---- modules -----------------------------------------------------------------------------------


def drawers(view):
    return {a.path: (a.drawer, a.learned, a.saved, a.moved) for a in view.attributes}


def test_module_tells_the_drawers_apart(lib):
    m = lib.nn.Module()
    m.weight = lib.nn.Parameter(lib.ones(2))
    m.frozen = lib.nn.Parameter(lib.ones(2), requires_grad=False)
    m.register_parameter("empty", None)
    m.register_buffer("mean", lib.ones(2))
    m.register_buffer("cache", lib.ones(2), persistent=False)
    m.plain = lib.ones(2)
    m.child = lib.nn.ReLU()
    assert drawers(viz.module(m)) == {
        "weight": ("_parameters", "yes", "yes", "yes"),
        "frozen": ("_parameters", "no", "yes", "yes"),
        "empty": ("_parameters", "", "", ""),
        "mean": ("_buffers", "no", "yes", "yes"),
        "cache": ("_buffers", "no", "no", "yes"),
        "plain": ("__dict__", "no", "no", "no"),
        "child": ("_modules", "", "", ""),
        "child.inplace": ("__dict__", "", "", ""),
    }


def test_module_knows_a_cache_that_is_empty_and_one_that_is_full():
    rnn = nn.Stateful(nn.GRU(2, 3))
    (row,) = (a for a in viz.module(rnn).attributes if a.drawer == "_buffers")
    assert row.what == "None" and row.remark == "a place kept free, not saved"
    rnn(minitorch.ones(4, 1, 2))
    (row,) = (a for a in viz.module(rnn).attributes if a.drawer == "_buffers")
    assert (row.what, row.learned, row.saved, row.moved) == ("(1, 1, 3) float32", "no", "no", "yes")


def test_what_module_says_is_what_the_module_does(lib):
    model = network(lib)
    model[0].weight.requires_grad_(False)
    rows = viz.module(model).attributes
    learned = [name for name, p in model.named_parameters() if p.requires_grad]
    assert [a.path for a in rows if a.learned == "yes"] == learned
    assert [a.path for a in rows if a.saved == "yes"] == list(model.state_dict())


def test_module_warns_of_hidden_parts_and_shared_ones(lib):
    m = lib.nn.Module()
    m.layers = [lib.nn.Linear(1, 1), lib.nn.Linear(1, 1), lib.ones(1)]
    m.by_name = {"a": lib.nn.Parameter(lib.ones(1))}
    m.a = lib.nn.Linear(1, 1)
    m.b = m.a
    m.tied = m.a.weight
    remarks = {a.path: a.remark for a in viz.module(m).attributes}
    assert remarks["layers"] == "holds 2 modules and 1 tensor that nobody finds"
    assert remarks["by_name"] == "holds 1 tensor that nobody finds"
    assert remarks["b"] == "the same object as a" and "b.weight" not in remarks
    assert "the same object as" in remarks["tied"] + remarks["a.weight"]


LAYERS = {
    "Conv2d": (1, 2, 3), "LSTM": (2, 3, 2), "GRUCell": (2, 3), "Embedding": (3, 2),
    "Dropout": (0.2,), "LayerNorm": (3,), "MultiheadAttention": (4, 2), "PReLU": (),
    "TransformerEncoderLayer": (4, 2), "CrossEntropyLoss": (), "BatchNorm1d": (2,),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", LAYERS)
def test_module_says_the_same_of_torchs_layers(name):
    ours, theirs = (
        repr(viz.module(getattr(importlib.import_module(lib).nn, name)(*LAYERS[name])))
        for lib in ("minitorch", "torch")
    )
    assert ours == theirs


def test_module_says_the_mode(lib):
    assert viz.module(lib.nn.Linear(2, 1).eval()).title == "Linear in evaluation mode"


# ---- state dicts -------------------------------------------------------------------------------


def test_difference_agrees_with_load_state_dict(lib):
    model, other = network(lib), network(lib).state_dict()
    del other["0.bias"]
    other["extra"] = lib.ones(1)
    other["2.weight"] = lib.ones(2, 5)
    other["1.weight"] = other["1.weight"] * 2
    view = viz.state_dict_diff(model, other)
    assert view.keys("mismatched") == ["2.weight"] and view.keys("changed") == ["1.weight"]
    assert view.title == "1 missing, 1 unexpected, 1 mismatched, 1 changed, 6 same"
    del other["2.weight"]
    report = model.load_state_dict(other, strict=False)
    view = viz.state_dict_diff(network(lib), other)
    assert view.keys("missing") == report.missing_keys
    assert view.keys("unexpected") == report.unexpected_keys


def verdict(a, b):
    return viz.state_dict_diff({"k": a}, {"k": b}).entries[0].verdict


@pytest.mark.torch
def test_without_numbers_on_the_meta_device():
    torch = importlib.import_module("torch")
    m = torch.nn.Linear(2, 1, device="meta")
    assert viz.module(m).attributes[0].what == "(1, 2) float32 on meta"
    assert verdict(m.weight, torch.ones(1, 2)) == "changed"


def test_difference_of_nan_and_of_what_is_no_tensor(lib):
    nan = lib.tensor([float("nan")])
    assert verdict(nan, nan.clone()) == "same" and verdict(nan, lib.ones(1)) == "changed"
    assert verdict(1, 1) == "same" and verdict(1, 2) == "changed"
    assert viz.state_dict_diff({}, {}).title == "both are empty"


# ---- freezing ----------------------------------------------------------------------------------


def why(lib, model, optimizer, step):
    before = viz.snapshot(model)
    step()
    return {row.name: (row.moved, row.why) for row in
            viz.freeze_report(before, model, optimizer).rows}  # fmt: skip


def test_reasons_for_moving_and_for_staying(lib):
    model = network(lib)
    model[0].weight.requires_grad_(False)
    model[2].eval()
    optimizer = lib.optim.SGD([*model[0].parameters(), *model[1].parameters()], lr=0.1)
    loss = lambda: model(lib.arange(12.0).reshape(4, 3)).pow(3).sum()

    def step():
        loss().backward()
        optimizer.step()

    reasons = why(lib, model, optimizer, step)
    assert reasons["0.weight"] == (False, "frozen: requires_grad=False, so it has no gradient")
    assert reasons["1.weight"] == (True, "its gradient moved it")
    assert reasons["2.weight"] == (False, "not in the optimizer")
    assert reasons["1.running_mean"] == (True, "a buffer: a forward pass in training mode wrote")
    model.eval()
    reasons = why(lib, model, optimizer, loss)
    assert reasons["1.weight"] == (False, "it has a gradient, but no step has used it")
    assert reasons["1.running_mean"] == (
        False, "a buffer of a module in evaluation mode: nothing writes to it",
    )  # fmt: skip


def test_frozen_weights_that_move_all_the_same(lib):
    m = lib.nn.Linear(2, 1)
    optimizer = lib.optim.SGD(m.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    m(lib.ones(1, 2)).sum().backward()
    m.requires_grad_(False)
    reasons = why(lib, m, optimizer, optimizer.step)
    assert reasons["bias"][1].startswith("frozen, but an old gradient was still there")
    m.weight.grad.zero_()
    m.bias.grad = None
    reasons = why(lib, m, optimizer, optimizer.step)
    assert reasons["bias"][1].startswith("frozen: requires_grad=False")
    assert reasons["weight"] == (
        True, "its gradient is zero, but its weight decay and what the optimizer remembers of "
        "earlier gradients moved it",
    )  # fmt: skip
    with lib.no_grad():
        assert why(lib, m, optimizer, lambda: m.bias.add_(1))["bias"][0]


# ---- drawings with axes ------------------------------------------------------------------------


def test_timeline_counts_the_graph_and_draws_signs(lib):
    w = lib.ones(3, requires_grad=True)
    view = viz.timeline([w * 0.5, (w * -0.5).tanh(), w.detach() * 0])
    assert view.lengths == [1, 2, 0] and view.values.shape == (3, 3)
    squares = [e for e in xml_of(view).iter() if e.tag.endswith("rect") and e.get("stroke-width")]
    assert [e.get("fill") != "none" for e in squares] == [True] * 3 + [False] * 3


def test_timeline_shows_the_first_units_of_many():
    view = viz.timeline(minitorch.ones(2, 100))
    assert "first 24 of 100 units" in view.svg() and view.lengths == [0, 0]


def test_descend_visits_what_the_optimizer_visits(lib):
    surface = lambda p: p[0] ** 2 + 3 * p[1] ** 2
    p, q = (lib.tensor([1.0, -1.0], requires_grad=True) for _ in range(2))
    points = viz.descend(surface, p, lambda params: lib.optim.Adam(params, lr=0.1), 10)
    optimizer = lib.optim.Adam([q], lr=0.1)
    for _ in range(10):
        optimizer.zero_grad()
        surface(q).backward()
        optimizer.step()
    assert points[-1] == tuple(q.tolist()) and len(points) == 11


def test_paths_that_leave_the_page_or_diverge_are_drawn_without_error():
    way = [(0, 0), (9, 9), (1, 1), (float("nan"), 0), (float("inf"), 1)]
    view = viz.paths(lambda x, y: x * y, {"wild": way})
    drawn = [value for e in xml_of(view).iter() for value in e.attrib.values()]
    assert drawn and not any(re.search(r"nan|\binf\b", value) for value in drawn)


def test_contours_lie_where_the_height_is_the_level():
    x = np.linspace(-1, 1, 21)
    z = x[:, None] ** 2 + x[None, :] ** 2
    ends = [end for line in contour(z, 0.5, lambda i, j: (i, j)) for end in line]
    radius = np.hypot(*(np.array(ends).T / 10 - 1))
    assert len(ends) > 50 and np.allclose(radius, np.sqrt(0.5), atol=0.005)


def test_curves_are_in_their_data_and_break_at_nan():
    view = viz.curve({"loss": [1.0, float("nan"), 0.5]})
    assert view.lines["loss"][::2] == [1.0, 0.5]
    path = next(e.get("d") for e in xml_of(view).iter() if e.get("stroke") == LINES[0])
    assert path.count("M") == 2 and "nan" not in path
    assert viz.curve([]).text() == "loss by step: 0 values"


@pytest.mark.parametrize("low, high", [(0, 1e-7), (-3, 4e9), (0.1, 0.2), (5, 5.5)])
def test_ticks_are_few_round_and_inside(low, high):
    marks = ticks(low, high)
    assert 3 <= len(marks) <= 7
    assert all(low - 1e-9 * abs(low) <= mark <= high * (1 + 1e-9) for mark in marks)


# ---- in a notebook -----------------------------------------------------------------------------


def test_enable_shows_modules_and_state_dicts_as_tables(lib):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        assert viz.enable()
        show = lambda value: shell.display_formatter.format(value)[0]
        model = lib.nn.Linear(2, 1)
        assert show(model)["text/html"] == viz.module(model)._repr_html_()
        assert show(model)["text/plain"] == repr(model)
        assert show(model.state_dict())["text/html"] == viz.state_dict(model)._repr_html_()
        assert "text/html" not in show(OrderedDict(a=1))
    finally:
        InteractiveShell.clear_instance()
