"""`graph`: the recorded graph of a tensor as a picture, with what each node keeps for backward.

Floor 5. Everything is asked of the nodes through torch's public face (`next_functions`, `name()`,
`variable`, `_saved_self`), so a graph of real torch can be drawn as well. Convention: the picture
runs from the leaves at the top to the result at the bottom; backward runs against the arrows.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from ..node import Node
from .layout import layered
from .markup import Picture, columns, tag
from .palette import FILLS, GREY, INK, NAMED

__all__ = ["GraphView", "Kept", "Shown", "graph", "graph_length"]

LINE, CHARACTER = 16, 7.25  # the height of a line of text and the width of a letter


@dataclass
class Kept:
    """A tensor that a node saved: under which name, which version then, and which now."""

    name: str
    what: str
    version: int | None
    now: int | None

    @property
    def stale(self):
        """Whether somebody has written to it since: backward will refuse."""
        return self.version != self.now

    def __str__(self):
        versions = "" if self.version is None else f" v{self.version}"
        warning = f", now v{self.now}!" if self.stale else ""
        return f"keeps {self.name} = {self.what}{versions}{warning}" if self.name else self.what


@dataclass
class Shown:
    """A box of the picture: a leaf or an operation, and what it comes from (places in the list)."""

    kind: str  # parameter, leaf, operation
    title: str
    shape: str
    sources: list = field(default_factory=list)
    kept: list = field(default_factory=list)

    @property
    def lines(self):
        """The lines of text in the box."""
        return [self.title, self.shape, *map(str, self.kept)]


def graph(of, params=None, limit=150):
    """The graph behind a tensor or a node, drawn.

    `params` names the leaves: a module, or a dict from names to tensors. Of a graph with more than
    `limit` nodes only the youngest are drawn. ValueError where nothing was recorded.

    >>> import minitorch
    >>> from minitorch import viz
    >>> w = minitorch.ones(2, requires_grad=True)
    >>> viz.graph((w * w).sum(), {"w": w})
    3 nodes, from the leaves to the result
    0  leaf w        (2,)
    1  MulBackward0  (2,)  from 0, 0  keeps other = w v0, keeps self = w v0
    2  SumBackward0  ()    from 1
    """
    names, root = names_of(params), root_of(of)
    nodes, hidden = in_order(root, limit)
    place = {node: i for i, node in enumerate(nodes)}
    boxes = [_shown(node, names) for node in nodes]
    for node, box in zip(nodes, boxes):
        box.sources = [place[n] for n in sources_of(node) if n in place]
    return GraphView(boxes, nodes, hidden)


def graph_length(of):
    """How many operations are recorded behind a tensor, or behind several: 0 for none.

    >>> import minitorch
    >>> from minitorch import viz
    >>> viz.graph_length((minitorch.ones(2, requires_grad=True) * 2).sum())
    2
    """
    several = of if isinstance(of, (tuple, list)) else [of]
    roots = [t.grad_fn for t in several if t.grad_fn is not None]
    return sum(not hasattr(node, "variable") for node in _reached(roots))


# ---- reading a graph ---------------------------------------------------------------------------


def names_of(params):
    """{id of a tensor: its name} from a module or a dict."""
    if params is None:
        return {}
    if hasattr(params, "named_parameters"):
        params = dict(params.named_parameters())
    return {id(t): name for name, t in params.items() if hasattr(t, "grad_fn")}


def root_of(of):
    """The node to begin with; ValueError for a tensor that nothing was recorded for."""
    if hasattr(of, "next_functions"):
        return of
    if not of.requires_grad:
        raise ValueError("this tensor has no graph: nothing in it wants a gradient, or it was made "
                         "under no_grad() or detached")  # fmt: skip
    if of.grad_fn is not None:
        return of.grad_fn
    return of.view_as(of).grad_fn.next_functions[0][0]  # a leaf has no node until it is used


def sources_of(node):
    """The nodes that the inputs of a node came from, as often as they are inputs."""
    return [source for source, _ in node.next_functions if source is not None]


def _reached(roots):
    """All nodes behind these, in the order in which they are met."""
    seen, stack = dict.fromkeys(roots), list(roots)
    while stack:
        for source in sources_of(stack.pop()):
            if source not in seen:
                seen[source] = None
                stack.append(source)
    return list(seen)


def in_order(root, limit=None):
    """The nodes behind `root`, each after its sources; and how many more than `limit` there are."""
    nodes = _reached([root])
    waiting = dict.fromkeys(nodes, 0)  # for how many users
    for node in nodes:
        for source in sources_of(node):
            waiting[source] += 1
    order = [root]
    for node in order:  # it grows while we walk
        for source in reversed(sources_of(node)):
            waiting[source] -= 1
            if not waiting[source]:
                order.append(source)
    shown = order[:limit]
    return shown[::-1], len(order) - len(shown)


def _shown(node, names):
    leaf = getattr(node, "variable", None)
    if leaf is None:
        return Shown("operation", node.name(), _shape_of(node), kept=kept_by(node, names))
    kind = "parameter" if type(leaf).__name__ == "Parameter" else "leaf"
    name = names.get(id(leaf))
    version = f" v{leaf._version}" if leaf._version else ""
    return Shown(kind, f"{kind} {name}" if name else kind, f"{tuple(leaf.shape)}{version}")


def _shape_of(node):
    """The shape of the result, which torch and minitorch keep in different places."""
    results = getattr(node, "_input_metadata", None)
    shapes = [r.shape for r in results] if results else getattr(node, "shape", ())
    shapes = shapes if isinstance(shapes, list) else [shapes]
    return ", ".join(str(tuple(shape)) for shape in shapes)


# ---- what a node keeps -------------------------------------------------------------------------


def kept_by(node, names):
    """The tensors that a node saved. A node of minitorch is looked into, which checks nothing; one
    of torch is asked, and where it refuses, its message says what was written to."""
    if isinstance(node, Node):
        return _looked_into(node, names)
    saved = [name for name in dir(node) if name.startswith("_saved_")]
    if hasattr(node, "saved_tensors"):  # a Function of the user's
        saved.append("saved_tensors")
    return [kept for name in saved for kept in _asked(node, name, names)]


def _looked_into(node, names):
    if node.saved is None:
        return [Kept("", "nothing any more: freed", None, None)]
    named, kept = getattr(node.primitive, "savable", None), []
    for i, (value, counter, version) in enumerate(node.saved):
        name = named[node.plan.saves[i]] if named else f"tensor {i}"
        if isinstance(value, TENSORS) and (not named or name in node.primitive.shown):
            leaf = next((e for e in node.edges if getattr(e, "_array", None) is value), None)
            what = names.get(id(leaf), str(np.shape(value)))
            now = version if counter is None else counter[0]
            kept.append(Kept(TORCH_NAMES.get(name, name), what, version, now))
    return sorted(kept, key=lambda one: one.name)


TENSORS = (np.ndarray, int, float)  # torch keeps a number as a tensor
TORCH_NAMES = {"input": "self", "out": "result"}


def _asked(node, attribute, names):
    try:
        values = getattr(node, attribute)
    except RuntimeError as error:
        yield _refused(attribute.removeprefix("_saved_"), str(error))
        return
    several = attribute == "saved_tensors"
    for i, value in enumerate(values if several else [values]):
        if hasattr(value, "grad_fn"):  # not a number or a shape
            name = f"tensor {i}" if several else attribute.removeprefix("_saved_")
            what = names.get(id(value), str(tuple(value.shape)))
            yield Kept(name, what, value._version, value._version)


def _refused(name, message):
    versions = re.search(r"\[([\d, ]*)\]\].* is at version (\d+); expected version (\d+)", message)
    if versions is None:
        return Kept("", "nothing any more: freed", None, None)
    shape = tuple(map(int, versions[1].split(","))) if versions[1] else ()
    return Kept(name, str(shape), int(versions[3]), int(versions[2]))


# ---- the picture -------------------------------------------------------------------------------


class GraphView(Picture):
    """A graph to look at: `boxes` in the order of the computation, `nodes` the real ones."""

    def __init__(self, boxes, nodes, hidden):
        self.boxes, self.nodes, self.hidden = boxes, nodes, hidden
        self.marked, self.reached = None, ()  # places of nodes to point out, for who steps through
        sizes = {i: _size(box) for i, box in enumerate(boxes)}
        edges = dict.fromkeys((s, i) for i, box in enumerate(boxes) for s in box.sources)
        self.centres, self.ways, (width, height) = layered(sizes, list(edges))
        self.sizes, self.size = sizes, (width + 4, height + 4)

    @property
    def alt(self):
        return "The graph of a computation: " + self.text()

    def text(self):
        nodes = f"{len(self.boxes)} node{'s' * (len(self.boxes) != 1)}"
        more = f", {self.hidden:,} older ones not shown" if self.hidden else ""
        rows = []
        for i, box in enumerate(self.boxes):
            sources = "from " + ", ".join(map(str, box.sources)) if box.sources else ""
            rows.append((str(i), box.title, box.shape, sources, ", ".join(map(str, box.kept))))
        return f"{nodes}, from the leaves to the result{more}\n{columns(rows)}"

    def shapes(self):
        arrows = [_arrow(way, self.sizes[a][1], self.sizes[b][1])
                  for (a, b), way in self.ways.items()]  # fmt: skip
        boxes = [self._box(i) for i in range(len(self.boxes))]
        return [tag("g", *arrows, *boxes, transform="translate(2 2)")]

    def _box(self, i):
        box, (x, y), (width, height) = self.boxes[i], self.centres[i], self.sizes[i]
        stale = any(kept.stale for kept in box.kept)
        last, here, reached = i == len(self.boxes) - 1, i == self.marked, i in self.reached
        fill = "warning" if stale else "result" if last else FILL_OF[box.kind]
        frame = tag(
            "rect", x=x - width / 2, y=y - height / 2, width=width, height=height,
            rx=4 if box.kind == "operation" else height / 2, fill=FILLS[fill],
            stroke=NAMED["blue"] if reached else NAMED["orange"] if stale else GREY,
            stroke_width=5 if here else 2 if last or reached else 1,
            stroke_dasharray="5 3" if stale else None,
        )  # fmt: skip
        top = y - (len(box.lines) - 1) * LINE / 2 + 4
        words = [
            tag("text", line, x=x, y=top + k * LINE, text_anchor="middle", fill=INK,
                font_weight="bold" if k == 0 else None)
            for k, line in enumerate(box.lines)
        ]  # fmt: skip
        return tag("g", frame, *words)


FILL_OF = {"parameter": "parameter", "leaf": "buffer", "operation": "plain"}


def _size(box):
    return max(map(len, box.lines)) * CHARACTER + 20, len(box.lines) * LINE + 8


def _arrow(way, start, end):
    """A curve from the lower edge of a box, through its bends, to the upper edge of another."""
    (x, y), *bends, (u, v) = way
    points = [(x, y + start / 2), *bends, (u, v - end / 2 - 4)]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (a, b), (c, d) in zip(points, points[1:]):
        middle = (b + d) / 2
        path += f" C{a:.1f} {middle:.1f} {c:.1f} {middle:.1f} {c:.1f} {d:.1f}"
    tip = tag("path", d=f"M{u - 4:.1f} {v - end / 2 - 7:.1f} h8 l-4 7 z", fill=GREY)
    return tag("g", tag("path", d=path, fill="none", stroke=GREY), tip)
