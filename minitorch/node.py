"""Node: the record that one call of an operation leaves behind.

Floor 1. The nodes of a computation and their edges are its graph; `autograd/engine.py` walks it.
A node keeps bare arrays, never its own result as a Tensor: nothing in a graph is cyclic, so it is
freed the moment its last tensor is. What can be asked of a node is in `autograd/graph.py`.
"""

from functools import partial
from itertools import count
from operator import itemgetter

import numpy as np

from . import errors
from .devices import is_array
from .tensor import Tensor, wrap

__all__ = ["Node", "Output", "edge"]

next_number = count().__next__

# Called with each new node, its inputs and its result, while detect_anomaly or saved-tensor hooks
# are on in some thread: an empty list costs an operation nothing.
watchers = []


def noted(node, given, result):
    """Show a new node to those who watch; who watches twice sees it once."""
    for watcher in dict.fromkeys(watchers):
        watcher(node, given, result)


class Node:
    """One recorded call: which inputs it had (`edges`) and what its formulas need (`saved`).

    An edge is the Node that made the input, the input itself if it is a leaf, or None where no
    gradient is wanted.
    """

    __slots__ = ("primitive", "plan", "edges", "saved", "shapes", "keywords", "number",
                 "shape", "dtype", "hooks", "_metadata", "__weakref__")  # fmt: skip

    def name(self):
        """The name torch prints for this operation, such as MulBackward0."""
        name = self.primitive.node_name
        if isinstance(name, tuple):
            return name[None in self.plan.needs]
        return name if isinstance(name, str) else name(**self.keywords or {})

    def __repr__(self):
        return f"<{self.name().rpartition('::')[2]} object at {id(self):#x}>"

    def backward(self, g, graph):
        """The gradients of the inputs, one per edge, given `g`, the gradient of the result.

        With `graph` the formulas are given Tensors that know their history instead of arrays.
        """
        plan = self.plan
        if graph:
            values = self.unpack_with_history()
        else:
            values = self.unpack()
        if plan.extras:
            values += [self.extra(name) for name in plan.extras]
        if plan.joint is not None:
            return plan.joint(g, *(plan.joint_pick(values) if plan.joint_pick else ()))
        grads = [None] * len(self.edges)
        for i, formula, pick in plan.steps:
            grads[i] = formula(g) if pick is None else formula(g, *pick(values))
        return grads

    def extra(self, name):
        """A keyword of the call, the shape of an input, or which inputs want a gradient."""
        if name == "needs":
            return self.plan.needs
        if name == "shapes":
            return self.shapes
        if name.endswith("_shape"):
            return self.shapes[self.primitive.inputs.index(name.removesuffix("_shape"))]
        keywords = self.keywords or {}
        return keywords[name] if name in keywords else self.primitive.defaults[name]

    @property
    def makes_views(self):
        """Whether the results share memory with the input."""
        return self.primitive.view

    # ---- saved values --------------------------------------------------------------------------

    def unpack(self, graph=False):
        """The saved arrays, after checking that nobody has written to them since."""
        if self.saved is None:
            raise errors.freed()
        checks = len(self.saved) if graph else self.plan.checks
        values = []
        for value, counter, version in self.saved:
            if counter is not None and counter[0] != version and len(values) < checks:
                raise self.stale(checks)
            values.append(value)
        return values

    def unpack_with_history(self):
        """The saved arrays as Tensors that know where they came from."""
        return [self.with_history(i, value) for i, value in zip(self.plan.saves, self.unpack(True))]

    def with_history(self, i, value):
        """A saved array as a Tensor whose history is that of the input (or result) it was."""
        if not is_array(value):
            return value
        t = wrap(value)
        edge = None
        if i < len(self.edges):
            edge = self.edges[i]
        elif i == len(self.edges):
            edge = self
        else:
            name = self.primitive.savable[i]
            if name in self.primitive.results and value.dtype.kind == "f":
                edge = Output(self, self.primitive.results.index(name))
        if isinstance(edge, Tensor):
            return edge  # the leaf itself: its version was just found unchanged
        t._node, t._requires_grad = edge, edge is not None
        return t

    def stale(self, checks):
        """The error for a changed version; of several, for the one that torch looks at first."""
        savable = self.primitive.savable
        changed = [(i >= len(self.edges), _shown_as(savable[i]), i, saved)
                   for i, saved in zip(self.plan.saves[:checks], self.saved)
                   if saved[1] is not None and saved[1][0] != saved[2]]  # fmt: skip
        *_, i, (value, counter, version) = min(changed, key=itemgetter(0, 1))
        inside = i < len(self.edges)
        name = maker_of(self.edges[i], value, counter) if inside else self.name()
        return errors.changed(value, name, counter[0], version)

    def _shown(self, name):
        """A value by its name, as `_saved_self` and the like show it; None if it is not saved."""
        primitive = self.primitive
        if primitive is None or name not in primitive.shown:
            raise AttributeError(f"'{self.name()}' object has no attribute '{_shown_as(name)}'")
        if name not in primitive.savable:
            return self.extra(name)
        if self.saved is None:
            raise errors.freed()
        place = primitive.savable.index(name)
        if place not in self.plan.saves:
            return None
        value = self.unpack_with_history()[self.plan.saves.index(place)]
        return wrap(np.asarray(value)) if isinstance(value, (int, float)) else value

    def __dir__(self):
        own = {_shown_as(name) for name in (self.primitive.shown if self.primitive else ())}
        return [n for n in object.__dir__(self) if not n.startswith("_saved_") or n in own]

    def release(self):
        """Forget the saved values: a second backward through here is an error."""
        if self.saved:
            self.saved = None


def _shown_as(name):
    """torch's name of the attribute for a saved value."""
    return f"_saved_{ {'input': 'self', 'out': 'result'}.get(name, name) }"


def offer(names):
    """Let nodes show values that some operation saves under these names."""
    for name in names:
        if _shown_as(name) not in Node.__dict__:
            setattr(Node, _shown_as(name), property(partial(Node._shown, name=name)))


class Output(Node):
    """One of several results of an operation: hands its gradient to place `index` of `parent`.

    Two of them for the same place are equal. Its number lies before that of whatever used it.
    """

    __slots__ = ("parent", "index")

    def __init__(self, parent, index):
        self.parent, self.index, self.edges, self.saved = parent, index, (parent,), ()
        self.shape, self.dtype = parent.shape[index], parent.dtype[index]
        self.number = parent.number + 1 / (index + 2)

    hooks = property(lambda self: self.parent.hooks)
    makes_views = property(lambda self: self.parent.makes_views)

    def name(self):
        return self.parent.name()

    def __eq__(self, other):
        return (other.__class__ is Output and other.parent is self.parent
                and other.index == self.index)  # fmt: skip

    def __hash__(self):
        return hash((id(self.parent), self.index))


def maker_of(edge, value, counter):
    """The name of what made a saved tensor, as torch gives it: who wrote to it last."""
    if isinstance(edge, Tensor):
        edge = edge.grad_fn  # an error where that cannot be known any more
    if isinstance(edge, Output) and edge.parent.makes_views:
        raise errors.view_written("multi", edge.name(), edge.index, indirect=True)
    if len(counter) > 1:  # [version, name of the writer, the array that it wrote]
        return counter[1] if counter[2] is value else "AsStridedBackward0"
    if edge is None:
        return None
    return "AsStridedBackward0" if edge.makes_views else edge.name()


def edge(t):
    """Where the gradient of `t` goes: to the node that made it, or to the leaf itself."""
    return t if t._node is None else t._node
