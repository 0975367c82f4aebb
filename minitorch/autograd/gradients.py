"""`backward` and `grad`: what can be asked of the engine.

Floor 3. Their arguments are turned into what `engine.run` wants, roots and targets, places in the
graph; what is wrong with them is said as torch says it.
"""

import math
import warnings
from typing import NamedTuple

import numpy as np

from .. import errors
from ..node import Node, Output, edge
from ..tensor import Size, Tensor, wrap
from .engine import fitted, owned, run
from .hooks import AccumulateGrad

__all__ = ["GradientEdge", "backward", "grad"]


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
        raise NotImplementedError(
            "is_grads_batched=True needs vmap, which minitorch does not have: call grad() once for "
            "each row of grad_outputs."
        )
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
            g = np.zeros(like.shape, like.dtype, like=getattr(target, "_array", None))
        if g is not None and not isinstance(g, Tensor):
            g = wrap(g if owned(g) else g.copy())
        results.append(g)
    return tuple(results)


# ---- places in the graph ----------------------------------------------------------------------


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
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {g.shape} "
                    f"and output[{i}] has a shape of {Size(like.shape)}."
                )
        elif g is not None:
            raise TypeError("gradients can be either Tensors or None, but got "
                            f"{type(g).__name__}")  # fmt: skip
        elif isinstance(out, GradientEdge) or out.requires_grad:
            if math.prod(like.shape) != 1:
                raise errors.not_scalar()
            g = wrap(np.ones(like.shape, like.dtype, like=getattr(out, "_array", None)))
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
