"""The engine: gradients flow from the results back to the leaves.

Floor 3. `Walk` visits the recorded nodes from the youngest to the oldest, so every node has all of
its gradient before it passes it on. Nothing here is recursive. The common duties of all formulas
are done in one place, `fitted`: undoing a broadcast, and casting to the dtype of the input.

In a plain backward, gradients are bare arrays. With `graph` (create_graph=True) they are Tensors
and the formulas, which are the same, are recorded like any other computation.
"""

from operator import attrgetter
from sys import getrefcount

import numpy as np

from ..devices import is_array, library, writeable
from ..modes import modes
from ..node import Node, Output, edge
from ..ops.creation import to_copy
from ..ops.inplace import copy_primitive, dense
from ..ops.reductions import sum_to
from ..ops.shapes import alias
from ..tensor import Tensor, wrap
from . import anomaly

__all__ = ["run"]


# ---- the walk ----------------------------------------------------------------------------------


def run(roots, *, graph=False, keep=False, targets=None, accumulate=True):
    """Send gradients from `roots`, pairs of (edge, gradient), to the leaves.

    They are added to `.grad` there. With `targets`, a set of edges, only what leads there runs;
    without `accumulate` the gradients of the targets are returned, as a dict {edge: gradient}.
    """
    before, outer = modes.grad, modes.evaluating
    modes.grad = graph if before is not None else None  # in inference mode, so are gradients
    try:
        walk = Walk(roots, graph, keep, targets, accumulate)
        walk.go()
    finally:
        modes.grad, modes.evaluating = before, outer
    return walk.caught


class Walk:
    """One way through a graph: the gradients that wait for their node, and what is wanted."""

    def __init__(self, roots, graph, keep, targets, accumulate):
        self.graph, self.keep, self.accumulate = graph, keep, accumulate
        self.anomaly = modes.anomaly
        self.gradients, self.caught = {}, {}
        for where, g in roots:
            have = self.gradients.get(where)
            self.gradients[where] = g if have is None else have + g
        self.nodes, self.expected = reachable(self.gradients)
        self.useful = self.targets = None
        if targets is not None:
            self.targets = {}  # by node: one with several results may be several targets
            for target in targets:
                self.targets.setdefault(getattr(target, "parent", target), []).append(target)
            self.useful = leading_to(targets, self.nodes)
            if accumulate:  # then those that are no leaves run as well, for their hooks
                self.useful |= self.targets.keys()

    def go(self):
        """Visit all nodes, and each leaf as soon as it has all of its gradient."""
        gradients, expected, complete = self.gradients, self.expected, []
        graph, keep = self.graph, self.keep
        plain = not (graph or self.targets is not None or self.anomaly)
        for leaf in [where for where in gradients if isinstance(where, Tensor)]:
            if leaf not in expected:
                self.settle(leaf, gradients.pop(leaf))
        for node in self.nodes:
            g = gradients.pop(node, None)
            if (plain and node.__class__ is Node and node.hooks is None and g is not None
                    and g.__class__ is not list):  # fmt: skip
                results = node.backward(g, False)
                if not keep:
                    node.release()
            else:
                results = self.visit(node, g)
            for where, result in zip(node.edges, results):
                if where is None:
                    continue
                is_leaf = where.__class__ is not Node and isinstance(where, Tensor)
                if result is not None:
                    like = where._array if is_leaf else where
                    if graph or result.shape != like.shape or result.dtype is not like.dtype:
                        result = fitted(result, like)
                    have = gradients.get(where)
                    gradients[where] = result if have is None else have + result
                if is_leaf:
                    expected[where] -= 1
                    if not expected[where]:
                        complete.append(where)
            results = result = have = g = None  # so that a leaf may keep its array as it is
            while complete:
                leaf = complete.pop(0)
                self.settle(leaf, gradients.pop(leaf, None))

    def visit(self, node, g):
        """The gradients of the inputs of a node, with all that may be asked for on the way."""
        if node.__class__ is Output:
            self.hand_up(node, g)
            return ()
        if g is None and node.shape.__class__ is list:
            g = [None] * len(node.shape)
        hooks, graph = node.hooks, self.graph
        useful = self.useful is None or node in self.useful
        if self.targets is not None and node in self.targets:
            # As in torch, hooks change what is caught here only where the walk ends.
            part = g if useful or hooks is None else hooks.run_tensor(g, self)
            for target in self.targets[node]:
                self.caught[target] = part[target.index] if target.__class__ is Output else part
        if not useful:
            return (None,) * len(node.edges)
        if hooks is not None:
            g = hooks.run_before(hooks.run_tensor(g, self), graph)
        if self.anomaly:
            results = anomaly.watched(node, gradients_of_inputs, g, graph)
        else:
            results = gradients_of_inputs(node, g, graph)
        if hooks is not None:
            results = [
                result if result is None or where is None else fitted(result, form_of(where))
                for where, result in zip(node.edges, results)
            ]
            results = hooks.run_after(results, g, graph)
        if not self.keep:
            node.release()
        return results

    def reaches(self, t):
        """Whether this walk comes by what made `t`, or by the leaf `t`."""
        owner = t if t.grad_fn is None else t.grad_fn
        if self.targets is not None:
            return owner in self.useful or owner in self.targets
        return owner in self.expected or owner in self.nodes

    def hand_up(self, output, g):
        """The gradient of one of several results, put in its place among its siblings'."""
        if g is not None:
            parent = output.parent
            parts = self.gradients.setdefault(parent, [None] * len(parent.shape))
            have = parts[output.index]
            parts[output.index] = g if have is None else have + g

    def settle(self, leaf, g):
        """A leaf has all of its gradient: hand it over, or add it to `.grad`."""
        # Two references: `g` here and getrefcount's own argument. Nobody else holds the array.
        alone = getrefcount(g) == 2
        if self.targets is not None and leaf not in self.targets:
            return
        hooks = leaf._hooks
        if hooks is not None:
            g = hooks.run_tensor(g, self)
        if not self.accumulate:
            self.caught[leaf] = g
            return
        if hooks is not None:
            g = hooks.run_before(g, self.graph)
        if g is not None and leaf._requires_grad:
            accumulate(leaf, g, self.graph, alone and hooks is None)
            if hooks is not None:
                hooks.run_accumulated(leaf)
        if hooks is not None:
            hooks.run_after([], g, self.graph)


def reachable(roots):
    """The nodes below `roots`, youngest first, and how many gradients each leaf will get."""
    seen = {where for where in roots if not isinstance(where, Tensor)}
    stack, expected = list(seen), {}
    while stack:
        for where in stack.pop().edges:
            if where is None or where in seen:
                continue
            if where.__class__ is not Node and isinstance(where, Tensor):
                expected[where] = expected.get(where, 0) + 1
            else:
                seen.add(where)
                stack.append(where)
    return sorted(seen, key=attrgetter("number"), reverse=True), expected


def leading_to(targets, nodes):
    """The nodes from which a target can be reached."""
    useful = set()
    for node in reversed(nodes):
        for where in node.edges:
            if where is not None and (where in targets or where in useful):
                useful.add(node)
                break
    return useful


# ---- one node ----------------------------------------------------------------------------------


def gradients_of_inputs(node, g, graph):
    """What the formulas of one node make of `g`."""
    if node.primitive is None:  # a user's Function, which has its own rules
        return node.backward(g, graph)
    if g.__class__ is list and any(part is not None for part in g):
        like = next(part for part in g if part is not None)
        g = [zeros(shape, kind, like) if part is None else part
             for part, shape, kind in zip(g, node.shape, node.dtype, strict=True)]  # fmt: skip
    elif g is None or g.__class__ is list:
        return [None] * len(node.edges)
    if graph and node.primitive.definition is not None:
        return through_definition(node, g)
    return node.backward(g, graph)


def zeros(shape, kind, like):
    """A gradient of zeros that takes no memory, beside another, `like`."""
    array = np.broadcast_to(np.zeros((), kind, like=library(like)), shape)
    return wrap(array) if isinstance(like, Tensor) else array


def form_of(where):
    """What has the shape and the dtype that a gradient going to `where` must have."""
    return where._array if isinstance(where, Tensor) else where


def fitted(g, where):
    """`g` with the shape and dtype of what it is the gradient of."""
    have = g._array if isinstance(g, Tensor) else g
    if have.shape != where.shape:
        g = sum_to(g, shape=where.shape)
        have = g._array if isinstance(g, Tensor) else g
    if have.dtype != where.dtype:
        g = to_copy(g, kind=where.dtype)
    return g


def through_definition(node, g):
    """The gradients of a fused operation as a graph: those of its definition."""
    primitive, keywords = node.primitive, node.keywords or {}
    saved = dict(zip(node.plan.saves, node.unpack_with_history(), strict=True))
    inputs = [saved[i] for i in range(len(primitive.inputs))]
    own = [alias(x) if wanted else x for x, wanted in zip(inputs, node.plan.needs, strict=True)]
    results = primitive.definition(*own, **keywords)
    roots = [(edge(results), g)] if isinstance(results, Tensor) else [
        (edge(r), part) for r, part in zip(results, g, strict=True) if r.requires_grad]  # fmt: skip
    wanted = [edge(x) if need else None for x, need in zip(own, node.plan.needs, strict=True)]
    caught = run(roots, graph=True, keep=True, targets={w for w in wanted if w is not None},
                 accumulate=False)  # fmt: skip
    return [caught.get(w) if w is not None else None for w in wanted]


# ---- one leaf ----------------------------------------------------------------------------------


def accumulate(leaf, g, graph, alone):
    """Add `g` to `.grad`. As in torch the first one becomes it: the array itself where nobody else
    holds it (`alone`) and it lies in memory like the leaf, else a copy; more are added in place,
    but with `graph` the sum is a new tensor, itself to be differentiated."""
    if (leaf._node if leaf._view is None else leaf.grad_fn) is not None:
        raise RuntimeError("leaf variable has been moved into the graph interior")
    have, like = leaf._grad, leaf._array
    if graph:
        leaf._grad = have + g if have is not None else copied(g)
    elif have is not None:
        np.add(have._array, g, out=have._array)
        have._bump()
    elif alone and like.flags.c_contiguous and owned(g):
        leaf._grad = wrap(g)
    elif like.flags.c_contiguous or not dense(like):
        leaf._grad = wrap(g.copy())
    else:
        leaf._grad = wrap(np.empty_like(like))
        leaf._grad._array[...] = g


def owned(g):
    """Whether a gradient may be handed out as it is: an array with memory of its own, in order."""
    return is_array(g) and g.base is None and g.flags.c_contiguous and writeable(g)


def copied(g):
    """A copy of a Tensor, recorded as torch records the first gradient of a leaf."""
    return copy_primitive(wrap(np.empty_like(g._array)), g)
