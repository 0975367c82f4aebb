"""`autograd.graph`: the recorded graph, to look at and to hook into.

Floor 3. Importing this file gives Node its public face: its place in the graph, its saved values,
its hooks. Below that, hooks on saved values and on several gradients at once.
"""

import weakref
from contextlib import contextmanager
from functools import partial

from ..devices import is_array
from ..modes import modes
from ..node import Node, Output, watchers
from ..ops.inplace import copy_slices
from ..ops.shapes import alias
from ..tensor import Tensor, wrap
from .engine import gradients_of_inputs
from .gradients import GradientEdge
from .hooks import AccumulateGrad, Hooks, added

__all__ = ["GradientEdge", "Node", "disable_saved_tensors_hooks", "get_gradient_edge",
           "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks"]  # fmt: skip


# ---- the public face of a node -----------------------------------------------------------------


def public(function):
    """Attach a function of this file to Node, under its own name."""
    setattr(Node, getattr(function, "fget", function).__name__, function)


@public
@property
def next_functions(self):
    """Where the gradients of the inputs go: pairs of (node or None, which of its results).

    As in torch, an input that never has a gradient, such as a condition, is not among them.
    """
    edges, formulas = self.edges, getattr(self.primitive, "formulas", None)
    if formulas:
        edges = [where for where, name in zip(edges, self.primitive.inputs) if name in formulas]
    places = tuple(_place(where) for where in edges)
    if self.primitive is copy_slices:  # torch has the written operation inside this node
        return places[0], *self.edges[1].next_functions[1:]
    return places


def _place(where):
    if isinstance(where, Output):
        return where.parent, where.index
    if isinstance(where, Tensor):  # a leaf; one that no longer wants a gradient is not shown
        return (AccumulateGrad(where) if where._requires_grad else None), 0
    return where, 0


@public
@property
def metadata(self):
    """A dictionary for notes about this node; anomaly mode writes into it."""
    try:
        return self._metadata
    except AttributeError:
        self._metadata = {}
        return self._metadata


@public
def register_hook(self, fn):
    """Run `fn(grad_inputs, grad_outputs)` after this node; a tuple that it returns takes the place
    of `grad_inputs`. Returns a handle that can remove it."""
    return added(_hooks(self).after, fn)


@public
def register_prehook(self, fn):
    """Run `fn(grad_outputs)` before this node; a tuple that it returns takes their place."""
    return added(_hooks(self).before, fn)


def _hooks(node):
    if node.hooks is None:
        node.hooks = Hooks()
    return node.hooks


@public
def __call__(self, *grads):
    """The gradients of the inputs, given those of the results."""
    parts = [None if g is None else g._array for g in grads]
    g = parts if isinstance(self.shape, list) else parts[0]
    results = [r if r is None else wrap(r) for r in gradients_of_inputs(self, g, False)]
    return results[0] if len(results) == 1 else tuple(results)


@public
def _sequence_nr(self):
    """The place of this node in the order in which nodes were made."""
    return self.number


def get_gradient_edge(tensor):
    """The place of a tensor in the graph: its node, and which of its results it is.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> minitorch.autograd.graph.get_gradient_edge(x.unbind()[1]).output_nr
    1
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not "
                           "require gradients")  # fmt: skip
    node = tensor.grad_fn
    return GradientEdge(AccumulateGrad(tensor) if node is None else node, tensor.output_nr)


# ---- hooks on saved tensors --------------------------------------------------------------------


class Packed:
    """A saved value as `pack_hook` left it."""

    __slots__ = ("packed", "unpack_hook")

    def __init__(self, packed, unpack_hook):
        self.packed, self.unpack_hook = packed, unpack_hook

    def unpack(self):
        """The array, after asking the hook."""
        t = self.unpack_hook(self.packed)
        if not isinstance(t, Tensor):
            raise TypeError("Output of saved tensor unpack_hook expected to be a Tensor but got "
                            f"result of type {type(t).__name__}")  # fmt: skip
        return t._array


class PackedNode(Node):
    """A node whose saved values went through the hooks."""

    __slots__ = ()

    def unpack(self, graph=False):
        return [value.unpack() if isinstance(value, Packed) else value
                for value in super().unpack(graph)]  # fmt: skip

    def with_history(self, i, value):
        t = super().with_history(i, value)
        return leaf_with(t, value) if i < len(self.edges) and t is self.edges[i] else t


def leaf_with(leaf, array):
    """A tensor in the place of a leaf, but with the numbers that the hook gave back."""
    t = alias(leaf)
    t._array, t._view, t._counter = array, None, [0]
    return t


def pack(tensor, pack_hook, unpack_hook):
    """A tensor that is to be saved, given to `pack_hook`."""
    before, modes.grad = modes.grad, False
    version = tensor._version
    try:
        packed = pack_hook(tensor)
    finally:
        modes.grad = before
    if tensor._version != version:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to pack hook cannot be modified by in-place operations as this can lead to unexpected "
            "side-effects. Please open an issue if you need to perform in-place operations on the "
            "input to a pack hook."
        )
    return Packed(packed, unpack_hook)


def _pack_saved(node, given, result):
    """Called with each new node while hooks are on."""
    if not modes.packing or not node.saved or node.primitive is None:
        return
    tensors = [*given, *(result if isinstance(result, list) else [result])]
    saved = []
    for place, (value, counter, version) in zip(node.plan.saves, node.saved):
        if is_array(value):
            t = tensors[place] if place < len(tensors) else None
            t = t if isinstance(t, Tensor) and t._array is value else wrap(value)
            value, counter = pack(t, *modes.packing[-1]), None
        saved.append((value, counter, version))
    node.saved, node.__class__ = tuple(saved), PackedNode


class saved_tensors_hooks:
    """In this block, what a graph saves goes through `pack_hook`, and comes back, when backward
    needs it, through `unpack_hook`: to be kept elsewhere, counted, or recomputed.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> with minitorch.autograd.graph.saved_tensors_hooks(lambda t: t * 10, lambda t: t):
    ...     y = x * x
    >>> y.sum().backward(); x.grad
    tensor([20., 20.])
    """

    def __init__(self, pack_hook, unpack_hook):
        self.pair = pack_hook, unpack_hook

    def __enter__(self):
        if modes.packing_forbidden is not None:
            raise RuntimeError(modes.packing_forbidden)
        modes.packing = (*modes.packing, self.pair)
        watchers.append(_pack_saved)

    def __exit__(self, *exc):
        modes.packing = modes.packing[:-1]
        watchers.remove(_pack_saved)


class save_on_cpu(saved_tensors_hooks):
    """In this block, what a graph saves is kept in the memory of the CPU until backward needs it.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> with minitorch.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> y.sum().backward(); x.grad
    tensor([2., 2.])
    """

    def __init__(self, pin_memory=False, device_type="cuda"):
        super().__init__(lambda t: (t.device, t.cpu()), lambda packed: packed[1].to(packed[0]))


@contextmanager
def disable_saved_tensors_hooks(error_message):
    """In this block, `saved_tensors_hooks` is a RuntimeError with this text."""
    if modes.packing:
        raise RuntimeError(error_message)
    before, modes.packing_forbidden = modes.packing_forbidden, error_message
    try:
        yield
    finally:
        modes.packing_forbidden = before


# ---- hooks on several gradients ----------------------------------------------------------------


def register_multi_grad_hook(tensors, fn, *, mode="all"):
    """Run `fn(grads)` when the gradients of all `tensors` that a backward reaches are known (None
    for the others); with `mode="any"`, `fn(grad)` for the first one. Returns a handle.

    >>> import minitorch
    >>> a, b = (minitorch.ones(1, requires_grad=True) for _ in range(2))
    >>> handle = minitorch.autograd.graph.register_multi_grad_hook((a, b), print)
    >>> (a * 2 + b).backward()
    [tensor([2.]), tensor([1.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    gathered = weakref.WeakKeyDictionary()  # by backward pass: what is known so far

    def arrived(i, grad):
        walk = modes.walk
        grads = gathered.setdefault(walk, {})
        grads[i] = grad
        if mode == "any":
            if len(grads) == 1:
                fn(grad)
        elif len(grads) == sum(map(walk.reaches, tensors)):
            fn([grads.get(k) for k in range(len(tensors))])

    return Handles([t.register_hook(partial(arrived, i)) for i, t in enumerate(tensors)])


class Handles:
    """Several handles as one."""

    def __init__(self, handles):
        self.handles = handles

    def remove(self):
        """Take all of the hooks out."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()
