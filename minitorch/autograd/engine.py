"""The engine: gradients flow from the results back to the leaves.

Floor 3. `run` visits the recorded nodes from the youngest to the oldest, so every node has all of
its gradient before it passes it on. Nothing here is recursive. The common duties of all formulas
are done in one place, `fitted`: undoing a broadcast, and casting to the dtype of the input.

In a plain backward, gradients are bare arrays. With `graph` (create_graph=True) they are Tensors
and the formulas, which are the same, are recorded like any other computation.
"""

from collections import Counter
from operator import attrgetter
from sys import getrefcount

import numpy as np

from .. import errors
from ..modes import modes
from ..ops.creation import to_copy
from ..ops.reductions import sum_to
from ..ops.shapes import alias
from ..primitive import Node, Output, edge
from ..tensor import Tensor, wrap

__all__ = ["backward", "grad"]


# ---- the walk ----------------------------------------------------------------------------------


def run(roots, *, graph=False, keep=False, targets=None):
    """Send gradients from `roots`, pairs of (edge, gradient), to the leaves or to `targets`.

    Without `targets` the leaves accumulate into `.grad`. With them (a collection of edges) only
    the nodes that lead there run, and the gradients are returned as a dict {edge: gradient}.
    """
    gradients, caught, complete = {}, {}, []
    for where, g in roots:
        gradients[where] = gradients[where] + g if where in gradients else g
    nodes, expected = reachable([where for where, _ in roots])
    useful = None if targets is None else leading_to(targets, nodes)
    for leaf in [where for where in gradients if isinstance(where, Tensor)]:
        if not expected[leaf]:
            settle(leaf, gradients.pop(leaf), graph, targets, caught)
    before, modes.grad = modes.grad, graph
    try:
        for node in nodes:
            g = gradients.pop(node, None)
            if node.hooks is not None and g is not None:
                g = node.hooks.run_before(g, graph)
            if targets is not None and node in targets:
                caught[node] = g
            if g is None or (useful is not None and node not in useful):
                results = (None,) * len(node.edges)
            elif node.__class__ is Output:
                deliver(node, g, gradients)
                continue
            else:
                if graph or g.__class__ is list:
                    results = gradients_of_inputs(node, g, graph)
                else:
                    results = node.backward(g, False)
                if not keep:
                    node.release()
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
                    if not expected[where] and where in gradients:
                        complete.append(where)
            results = result = have = g = None  # so that a leaf may keep its array as it is
            while complete:
                leaf = complete.pop(0)
                settle(leaf, gradients.pop(leaf), graph, targets, caught)
    finally:
        modes.grad = before
    return caught


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


def deliver(output, g, gradients):
    """The gradient of one of several results, put in its place among its siblings'."""
    parent = output.parent
    if parent not in gradients:
        gradients[parent] = [None] * len(parent.shape)
    have = gradients[parent][output.index]
    gradients[parent][output.index] = g if have is None else have + g


# ---- one node ----------------------------------------------------------------------------------


def gradients_of_inputs(node, g, graph):
    """What the formulas of one node make of `g`."""
    if g.__class__ is list:  # several results: those that nobody used have gradient zero
        g = [zeros(shape, kind, graph) if part is None else part
             for part, shape, kind in zip(g, node.shape, node.dtype, strict=True)]  # fmt: skip
    if graph and node.primitive is not None and node.primitive.definition is not None:
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
    caught = run(roots, graph=True, keep=True, targets={w for w in wanted if w is not None})
    return [caught.get(w) if w is not None else None for w in wanted]


# ---- the leaves --------------------------------------------------------------------------------


def settle(leaf, g, graph, targets, caught):
    """A leaf has all of its gradient: hand it over, or add it to `.grad`."""
    if targets is not None and leaf not in targets:
        return
    if leaf._hooks is not None:
        g = leaf._hooks.run_before(g, graph)
    have = leaf._grad
    if targets is not None:
        caught[leaf] = g
        return
    if not leaf._requires_grad:
        return
    if graph:  # the sum itself is to be differentiated
        leaf._grad = g.clone() if have is None else have + g
    elif have is None:
        # As torch does, keep the array itself if nobody else holds it (two references: `g` here
        # and getrefcount's own argument), else a copy: it may be shared, or read-only.
        if getrefcount(g) == 2 and isinstance(g, np.ndarray) and g.base is None and owned(g):
            leaf._grad = wrap(g)
        else:
            leaf._grad = wrap(np.array(g, order="C"))
    else:
        np.add(have._array, g, out=have._array)
        have._bump()
    if leaf._hooks is not None:
        leaf._hooks.run_after(leaf)


def owned(array):
    """Whether an array may become a gradient as it is: its own memory, in C order."""
    return array.flags.c_contiguous and array.flags.writeable


# ---- backward and grad -------------------------------------------------------------------------


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
    keep = create_graph if retain_graph is None else retain_graph
    roots = roots_of(tensors, grad_tensors, create_graph)
    if inputs is None:
        run(roots, graph=create_graph, keep=keep)
        return
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    if not inputs:
        raise RuntimeError("`inputs` argument to `backward` cannot be empty.")
    if not all(x.requires_grad for x in inputs):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    caught = run(roots, graph=create_graph, keep=keep, targets={edge(x) for x in inputs})
    for x in inputs:
        g = caught.get(edge(x))
        if g is not None:
            g = g if isinstance(g, Tensor) else wrap(np.array(g, order="C"))
            x._grad = g if x._grad is None else x._grad + g


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
    if is_grads_batched:
        raise RuntimeError("is_grads_batched=True needs vmap, which minitorch does not have: "
                           "call grad() once for each row of grad_outputs.")  # fmt: skip
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when "
                         "materialize_grads=True, but got: allow_unused=False.")  # fmt: skip
    keep = create_graph if retain_graph is None else retain_graph
    inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
    roots = roots_of(outputs, grad_outputs, create_graph)
    if not all(x.requires_grad for x in inputs):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    caught = run(roots, graph=create_graph, keep=keep, targets={edge(x) for x in inputs})
    results = []
    for x in inputs:
        g = caught.get(edge(x))
        if g is None and not (allow_unused or materialize_grads):
            raise RuntimeError(
                "One of the differentiated Tensors appears to not have been used in the graph. "
                "Set allow_unused=True if this is the desired behavior."
            )
        if g is None and materialize_grads:
            g = np.zeros(x._array.shape, x._array.dtype)
        results.append(g if g is None or isinstance(g, Tensor) else wrap(np.array(g, order="C")))
    return tuple(results)


def roots_of(outputs, gradients, graph):
    """The pairs of (edge, gradient) to start from, checked as torch checks them."""
    outputs = (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
    if gradients is None or isinstance(gradients, Tensor):
        gradients = (gradients,) * len(outputs) if gradients is None else (gradients,)
    if len(gradients) != len(outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
    roots = []
    for i, (out, g) in enumerate(zip(outputs, gradients, strict=True)):
        if g is None:
            if out.requires_grad and out._array.size != 1:
                raise errors.not_scalar()
            g = wrap(np.ones(out._array.shape, out._array.dtype))
        elif g._array.shape != out._array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} and output[{i}] "
                f"has a shape of {out.shape}."
            )
        if not out.requires_grad:
            raise errors.no_history(i)
        roots.append((edge(out), g if graph else g._array))
    return roots
