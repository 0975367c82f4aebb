"""The engine: gradients flow from the results back to the leaves.

Floor 3. `Walk` visits the recorded nodes from the youngest to the oldest, so every node has all of
its gradient before it passes it on. Nothing here is recursive. The common duties of all formulas
are done in one place, `fitted`: undoing a broadcast, and casting to the dtype of the input.

In a plain backward, gradients are bare arrays. With `graph` (create_graph=True) they are Tensors
and the formulas, which are the same, are recorded like any other computation.
"""

import warnings
from collections import Counter
from operator import attrgetter
from sys import getrefcount
from typing import NamedTuple

import numpy as np

from .. import errors
from ..modes import modes
from ..node import Node, Output, edge
from ..ops.creation import to_copy
from ..ops.inplace import copy_primitive, dense
from ..ops.reductions import sum_to
from ..ops.shapes import alias
from ..tensor import Size, Tensor, wrap
from . import anomaly
from .hooks import AccumulateGrad

__all__ = ["GradientEdge", "backward", "grad"]


# ---- the walk ----------------------------------------------------------------------------------


def run(roots, *, graph=False, keep=False, targets=None, accumulate=True):
    """Send gradients from `roots`, pairs of (edge, gradient), to the leaves.

    They are added to `.grad` there. With `targets`, a set of edges, only what leads there runs;
    without `accumulate` the gradients of the targets are returned, as a dict {edge: gradient}.
    """
    before = modes.grad, modes.walk, modes.evaluating
    modes.grad = graph if modes.grad is not None else None  # in inference mode, so are gradients
    try:
        modes.walk = walk = Walk(roots, graph, keep, targets, accumulate)
        walk.go()
    finally:
        modes.grad, modes.walk, modes.evaluating = before
    return walk.caught


class Walk:
    """One way through a graph: the gradients that wait for their node, and what is wanted."""

    def __init__(self, roots, graph, keep, targets, accumulate):
        self.graph, self.keep, self.accumulate = graph, keep, accumulate
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
        plain = not self.graph and self.targets is None and not modes.anomaly
        for leaf in [where for where in gradients if isinstance(where, Tensor)]:
            if not expected[leaf]:
                self.settle(leaf, gradients.pop(leaf))
        for node in self.nodes:
            g = gradients.pop(node, None)
            if (plain and node.__class__ is Node and node.hooks is None and g is not None
                    and g.__class__ is not list):  # fmt: skip
                results = node.backward(g, False)
                if not self.keep:
                    node.release()
            else:
                results = self.visit(node, g)
            for where, result in zip(node.edges, results):
                if where is None:
                    continue
                is_leaf = where.__class__ is not Node and isinstance(where, Tensor)
                if result is not None:
                    like = where._array if is_leaf else where
                    if self.graph or result.shape != like.shape or result.dtype is not like.dtype:
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
            part = g if useful or hooks is None else hooks.run_tensor(g, graph)
            for target in self.targets[node]:
                self.caught[target] = part[target.index] if target.__class__ is Output else part
        if not useful:
            return (None,) * len(node.edges)
        if hooks is not None:
            g = hooks.run_before(hooks.run_tensor(g, graph), graph)
        if modes.anomaly:
            results = anomaly.watched(node, gradients_of_inputs, g, graph)
        else:
            results = gradients_of_inputs(node, g, graph)
        if hooks is not None:
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
            g = hooks.run_tensor(g, self.graph)
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
    stack, expected = list(seen), Counter()
    while stack:
        for where in stack.pop().edges:
            if where is None or where in seen:
                continue
            if where.__class__ is not Node and isinstance(where, Tensor):
                expected[where] += 1
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
        g = [zeros(shape, kind, graph) if part is None else part
             for part, shape, kind in zip(g, node.shape, node.dtype, strict=True)]  # fmt: skip
    elif g is None or g.__class__ is list:
        return [None] * len(node.edges)
    if graph and node.primitive.definition is not None:
        return through_definition(node, g)
    return node.backward(g, graph)


def zeros(shape, kind, graph):
    """A gradient of zeros that takes no memory."""
    array = np.broadcast_to(np.zeros((), kind), shape)
    return wrap(array) if graph else array


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
    if leaf._node is not None:
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
        leaf._grad = wrap(np.array(g, order="C"))
    else:
        leaf._grad = wrap(np.empty_like(like))
        leaf._grad._array[...] = g


def owned(g):
    """Whether a gradient may be handed out as it is: an array with memory of its own, in order."""
    return (isinstance(g, np.ndarray) and g.base is None and g.flags.c_contiguous
            and g.flags.writeable)  # fmt: skip


def copied(g):
    """A copy of a Tensor, recorded as torch records the first gradient of a leaf."""
    return copy_primitive(wrap(np.empty_like(g._array)), g)


# ---- backward and grad -------------------------------------------------------------------------


class GradientEdge(NamedTuple):
    """A place in a graph: result `output_nr` of `node`; for a leaf, its AccumulateGrad.

    It can stand for a tensor in `backward` and `grad`, without keeping the tensor's memory.
    """

    node: Node
    output_nr: int
    ownership_token: Node | None = None


def edge_of(x):
    """The place in the graph of a Tensor or GradientEdge."""
    if isinstance(x, Tensor):
        x._wants_grad()
        return edge(x)
    if isinstance(x.node, AccumulateGrad):
        return x.node.variable
    return Output(x.node, x.output_nr) if isinstance(x.node.shape, list) else x.node


def backward(tensors, grad_tensors=None, retain_graph=None, create_graph=False,
             grad_variables=None, inputs=None):  # fmt: skip
    """Compute the gradients of `tensors` with respect to the leaves and add them to `.grad`.

    `grad_tensors` holds the gradient of each tensor, None for 1 where it has one element. With
    `inputs`, only these accumulate.

    >>> import minitorch
    >>> w = minitorch.ones(2, requires_grad=True)
    >>> minitorch.autograd.backward((w * 3).sum())
    >>> w.grad
    tensor([3., 3.])
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning,
                      stacklevel=2)  # fmt: skip
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                "`backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    keep = create_graph if retain_graph is None else retain_graph
    roots = roots_of(tensors, grad_tensors, create_graph)
    targets = None if inputs is None else wanted(inputs, "backward")
    if create_graph:
        warn_of_cycles()
    run(roots, graph=create_graph, keep=keep, targets=targets and set(targets))


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False,
         only_inputs=True, allow_unused=None, is_grads_batched=False,
         materialize_grads=False):  # fmt: skip
    """The gradients of `outputs` with respect to `inputs`, as a tuple, without touching `.grad`.

    >>> import minitorch
    >>> x = minitorch.tensor(3.0, requires_grad=True)
    >>> (g,) = minitorch.autograd.grad(x ** 3, x, create_graph=True)
    >>> minitorch.autograd.grad(g, x)  # 6x
    (tensor(18.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when "
                         "materialize_grads=True, but got: allow_unused=False.")  # fmt: skip
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults to True). To "
            "accumulate gradient for other parts of the graph, please use torch.autograd.backward.",
            FutureWarning, stacklevel=2)  # fmt: skip
    if is_grads_batched:
        raise NotImplementedError("is_grads_batched=True needs vmap, which minitorch does not "
                                  "have: call grad() once for each row of grad_outputs.")  # fmt: skip
    keep = create_graph if retain_graph is None else retain_graph
    roots = roots_of(outputs, grad_outputs, create_graph)
    targets = wanted(inputs, "grad")
    caught = run(roots, graph=create_graph, keep=keep, targets=set(targets), accumulate=False)
    results = []
    for i, target in enumerate(targets):
        g = caught.get(target)
        if g is None and not (allow_unused or materialize_grads):
            raise RuntimeError(
                f"The differentiated Tensor at index {i} appears to not have been used in the "
                "graph. Set allow_unused=True if this is the desired behavior."
            )
        if g is None and materialize_grads:
            like = target._array if isinstance(target, Tensor) else target
            g = np.zeros(like.shape, like.dtype)
        if g is not None and not isinstance(g, Tensor):
            g = wrap(g if owned(g) else np.array(g, order="C"))
        results.append(g)
    return tuple(results)


def listed(x):
    """One Tensor or GradientEdge, or several, as a tuple."""
    return (x,) if isinstance(x, (Tensor, GradientEdge)) else tuple(x)


def wanted(inputs, caller):
    """The edges of `inputs`, checked; a gradient that `backward` brings to a tensor that is no
    leaf is kept in its `.grad`."""
    inputs = listed(inputs)
    if not inputs:
        raise RuntimeError(f"`inputs` argument to `{caller}()` cannot be empty.")
    for x in inputs:
        if not isinstance(x, (Tensor, GradientEdge)):
            raise RuntimeError("all inputs have to be Tensors or GradientEdges, but got "
                               f"{type(x).__name__}")  # fmt: skip
        if isinstance(x, Tensor) and caller == "backward":
            x.retain_grad()
        elif isinstance(x, Tensor) and not x.requires_grad:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
    return [edge_of(x) for x in inputs]


def roots_of(outputs, gradients, graph):
    """The pairs of (edge, gradient) to start from, checked as torch checks them."""
    outputs = listed(outputs)
    gradients = (None,) * len(outputs) if gradients is None else listed(gradients)
    pairs = []
    for i, (out, g) in enumerate(zip(outputs, gradients)):
        if not isinstance(out, (Tensor, GradientEdge)):
            raise AssertionError("Expected output to be a torch.Tensor")
        where = edge_of(out)
        like = where._array if isinstance(where, Tensor) else where
        if isinstance(g, Tensor):
            if g._array.shape != like.shape:
                raise RuntimeError(f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} "
                                   f"and output[{i}] has a shape of {Size(like.shape)}.")
        elif g is not None:
            raise TypeError("gradients can be either Tensors or None, but got "
                            f"{type(g).__name__}")  # fmt: skip
        elif isinstance(out, GradientEdge) or out.requires_grad:
            if np.prod(like.shape) != 1:
                raise errors.not_scalar()
            g = wrap(np.ones(like.shape, like.dtype))
        pairs.append((where, g))
    if len(outputs) != len(gradients):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
    for i, out in enumerate(outputs):
        if isinstance(out, Tensor) and not out.requires_grad:
            raise errors.no_history(i)
    return [(where, fitted(g if graph else g._array, getattr(where, "_array", where)))
            for where, g in pairs]  # fmt: skip


_warned = []


def warn_of_cycles():
    """torch's warning for `backward(create_graph=True)`, given once."""
    if not _warned:
        _warned.append(True)
        warnings.warn(
            "Using backward() with create_graph=True will create a reference cycle between the "
            "parameter and its gradient which can cause a memory leak. We recommend using "
            "autograd.grad when creating the graph to avoid this. If you have to use this "
            "function, make sure to reset the .grad fields of your parameters to None after use "
            "to break the cycle and avoid the leak.", UserWarning, stacklevel=3)  # fmt: skip
