"""Hooks: functions of the user's that see, and may replace, gradients on their way.

Floor 3. A node, or a leaf, that has hooks keeps them in a `Hooks`; all others keep None, which is
all that the engine asks on its usual way. A hook is given Tensors and returns None to leave things
as they are, or what to use instead. Importing this file gives Tensor the methods at its end.
"""

import weakref
from collections import OrderedDict
from itertools import count

from ..modes import modes
from ..node import Node
from ..tensor import Tensor, wrap

__all__ = ["AccumulateGrad", "Hooks", "RemovableHandle"]


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook out, as does leaving its `with`.

    >>> import minitorch
    >>> x = minitorch.ones(1, requires_grad=True)
    >>> with x.register_hook(lambda g: g * 10):
    ...     x.sum().backward()
    >>> x.sum().backward(); x.grad
    tensor([11.])
    """

    next_id = count().__next__

    def __init__(self, hooks):
        self.id = RemovableHandle.next_id()
        self.hooks = weakref.ref(hooks)  # a handle that somebody kept must not keep the graph alive

    def remove(self):
        """Take the hook out; a second call does nothing."""
        hooks = self.hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.remove()


def added(hooks, hook):
    """Put a hook into a dictionary of hooks, and hand out the handle that takes it out again."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


# ---- what one node has -------------------------------------------------------------------------


class Hooks:
    """The hooks of a node, or of a leaf, in the order in which they run:

    tensor       on the gradient of one result (of a leaf: its own): Tensor.register_hook
    retained     {index: tensor}: whose gradient is kept in `.grad`: Tensor.retain_grad
    before       on the gradients of all results: Node.register_prehook
    accumulated  on a leaf whose `.grad` is complete: Tensor.register_post_accumulate_grad_hook
    after        on the gradients of the inputs and of the results: Node.register_hook
    """

    __slots__ = ("tensor", "retained", "before", "accumulated", "after")

    def __init__(self):
        self.tensor, self.before, self.after = OrderedDict(), OrderedDict(), OrderedDict()
        self.retained, self.accumulated = {}, OrderedDict()

    def run_tensor(self, g, walk):
        """`g`, a gradient or a list with one for each result, after the hooks of the results."""
        before, modes.walk = modes.walk, walk
        try:
            return self._run_tensor(g, walk.graph)
        finally:
            modes.walk = before

    def _run_tensor(self, g, graph):
        parts = opened(g)
        for index, hook in tuple(self.tensor.values()):
            new = hook(parts[index])
            if new is not None:
                parts[index] = checked(hook, parts[index], new)
        for index, ref in self.retained.items():
            t, part = ref(), parts[index]
            if t is not None and part is not None:
                t._grad = part.clone() if t._grad is None else t._grad + part
        return closed(parts, g, graph)

    def run_before(self, g, graph):
        """`g` after the hooks that see the gradients of all results together."""
        parts = opened(g)
        for hook in tuple(self.before.values()):
            new = hook(tuple(parts))
            if new is not None:
                parts = all_checked(hook, parts, new)
        return closed(parts, g, graph)

    def run_after(self, results, g, graph):
        """The gradients of the inputs after the hooks that see them, together with `g`."""
        parts, outputs = opened(list(results)), tuple(opened(g))
        for hook in tuple(self.after.values()):
            new = hook(tuple(parts), outputs)
            if new is not None:
                parts = all_checked(hook, parts, new)
        return closed(parts, [], graph)

    def run_accumulated(self, leaf):
        """The hooks that see a leaf with its `.grad`."""
        for hook in tuple(self.accumulated.values()):
            new = hook(leaf)
            if isinstance(new, Tensor):
                raise RuntimeError("Tensor post accumulate grad hooks should return None.")
            if new is not None:
                raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")

    def retains(self, t):
        """Whether the gradient of `t` is kept here."""
        return any(ref() is t for ref in self.retained.values())

    def follow(self, t):
        """`t` was written to in place: its gradient is kept where its new history begins."""
        for index, ref in tuple(self.retained.items()):
            if ref() is t:
                del self.retained[index]
                if t._node is not None:
                    hooks_of(t).retained[t.output_nr] = ref


def opened(g):
    """The gradients in `g`, one or a list, as a list of Tensors."""
    parts = g if isinstance(g, list) else [g]
    return [part if part is None or isinstance(part, Tensor) else wrap(part) for part in parts]


def closed(parts, like, graph):
    """The reverse of `opened`: arrays unless a graph is made, in a list if `like` is one."""
    if not graph:
        parts = [None if part is None else part._array for part in parts]
    return parts if isinstance(like, list) else parts[0]


def checked(hook, old, new):
    """What a hook returned, if it may stand for `old`; else torch's error."""
    if old is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    if not isinstance(new, Tensor):
        raise TypeError(f"expected Variable, but hook returned '{type(new).__name__}'")
    name = getattr(hook, "__name__", "<unknown>")
    if new.dtype is not old.dtype:
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {old.type()} got "
                           f"{new.type()})")  # fmt: skip
    if new.shape != old.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    return new


def all_checked(hook, old, new):
    """What a hook returned for several gradients, checked."""
    if not isinstance(new, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(new).__name__}'")
    if len(new) != len(old):
        raise RuntimeError(
            f"hook '{getattr(hook, '__name__', '<unknown>')}' has returned an incorrect number of "
            f"values (got {len(new)}, but expected {len(old)})"
        )
    return [None if b is None else checked(hook, a, b) for a, b in zip(old, new)]


# ---- leaves as nodes ---------------------------------------------------------------------------

_accumulators = weakref.WeakValueDictionary()


class AccumulateGrad(Node):
    """Where a graph ends: the node that stands for a leaf, `variable`, when the graph is shown."""

    __slots__ = ("variable",)
    edges, saved, primitive = (), (), None

    def __new__(cls, variable):
        node = _accumulators.get(id(variable))  # alive, it keeps its leaf, and so the id, alive
        if node is None:
            node = _accumulators[id(variable)] = object.__new__(cls)
            node.variable = variable
        return node

    def name(self):
        return "torch::autograd::AccumulateGrad"

    @property
    def hooks(self):
        return self.variable._hooks

    @hooks.setter
    def hooks(self, hooks):
        self.variable._hooks = hooks


# ---- the methods of Tensor ---------------------------------------------------------------------


def hooks_of(t):
    """The hooks of what made the tensor, or of the leaf that it is."""
    owner, field = (t, "_hooks") if t.grad_fn is None else (t.grad_fn, "hooks")
    if getattr(owner, field) is None:
        setattr(owner, field, Hooks())
    return getattr(owner, field)


def register_hook(self, hook):
    """Run `hook(grad)` whenever the gradient of this tensor is known; a Tensor that it returns
    takes the place of the gradient. Returns a handle that can remove it.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> y = x * 2
    >>> handle = y.register_hook(lambda grad: print("dy:", grad))
    >>> y.sum().backward()
    dy: tensor([1., 1.])
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    return added(hooks_of(self).tensor, (self.output_nr, hook))


def register_post_accumulate_grad_hook(self, hook):
    """Run `hook(param)` whenever a gradient has been added to the `.grad` of this leaf.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> handle = x.register_post_accumulate_grad_hook(lambda p: print(p.grad))
    >>> (x * 3).sum().backward()
    tensor([3., 3.])
    """
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if self.grad_fn is not None:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return added(hooks_of(self).accumulated, hook)


def retain_grad(self):
    """Keep the gradient of this tensor, which is no leaf, in its `.grad` as well.

    >>> import minitorch
    >>> x = minitorch.ones(2, requires_grad=True)
    >>> y = x * 2
    >>> y.retain_grad(); y.sum().backward(); y.grad
    tensor([1., 1.])
    """
    if not self.requires_grad:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if self.grad_fn is not None and not self.retains_grad:
        hooks_of(self).retained[self.output_nr] = weakref.ref(self)


for method in (register_hook, register_post_accumulate_grad_hook, retain_grad):
    setattr(Tensor, method.__name__, method)
