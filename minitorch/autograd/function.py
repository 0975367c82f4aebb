"""`autograd.Function`: an operation of the user's own, with a gradient written by hand.

Floor 3. The `ctx` that `forward` and `backward` are given is the node of the graph itself, so what
`forward` writes on it is there in `backward`, and in `y.grad_fn`. Inside `forward` nothing is
recorded; what comes out is then given its place in the graph by `_record`.
"""

import functools
import warnings

import numpy as np

from .. import errors
from ..modes import modes, no_grad
from ..node import Node, Output, edge, maker_of, next_number, noted, watchers
from ..ops.inplace import become
from ..ops.shapes import alias
from ..tensor import Tensor, wrap
from .graph import Packed, leaf_with, pack

__all__ = ["Function", "once_differentiable"]


# ---- what `forward` can say to `backward` ------------------------------------------------------


class FunctionCtx:
    """The methods of `ctx`."""

    needs_input_grad = ()  # for each argument, whether a gradient is wanted
    to_save = dirty = non_differentiable = ()
    materialize_grads = True

    def save_for_backward(self, *tensors):
        """Keep tensors for `backward`, which finds them in `ctx.saved_tensors`.

        Kept this way, and not as attributes, they are checked against later writes, and freed.
        """
        self.to_save = tensors

    def mark_dirty(self, *args):
        """Say which inputs were changed in place; they must be returned."""
        if not all(isinstance(t, Tensor) for t in args):
            raise RuntimeError("mark_dirty can only accept variables, but argument ")
        self.dirty = args

    def mark_non_differentiable(self, *args):
        """Say which outputs have no gradient."""
        if not all(isinstance(t, Tensor) for t in args):
            raise RuntimeError("mark_non_differentiable only accepts variable arguments, but got ")
        self.non_differentiable = args

    def set_materialize_grads(self, value):
        """Whether a gradient that nobody computed is given to `backward` as zeros (or None)."""
        self.materialize_grads = value


class BackwardCFunction(Node, FunctionCtx):
    """The node of a Function: `ctx`."""

    primitive = None  # there are no formulas: the engine leaves it all to `backward` below
    makes_views = False

    def __init__(self):
        self.edges, self.saved, self.origins, self.hooks = (), (), (), None
        self.number = next_number()

    def name(self):
        return type(self).__name__

    def __repr__(self):
        return f"<torch.autograd.function.{self.name()} object at {id(self):#x}>"

    # ---- what was saved ------------------------------------------------------------------------

    def _save(self, outputs):
        """Keep `to_save` as arrays, each with its version and where it comes from."""
        saved, origins = [], []
        for i, t in enumerate(self.to_save):
            if t is not None and not isinstance(t, Tensor):
                raise TypeError("save_for_backward can only save variables, but argument "
                                f"{i} is of type {type(t).__name__}")  # fmt: skip
            origin = next((k for k, output in enumerate(outputs) if output is t), None)
            if t is None:
                entry = None, None, 0
            elif modes.packing:
                entry = pack(t, *modes.packing[-1]), None, 0
            else:
                if t._counter is None:
                    raise errors.inference_saved()
                entry = t._array, t._counter, t._counter[0]
            if t is not None and origin is None and t._wants_grad():
                origin = edge(t)
            saved.append(entry)
            origins.append(origin)
        self.saved, self.origins, self.to_save = tuple(saved), tuple(origins), ()

    @property
    def saved_tensors(self):
        """The tensors that `forward` saved, with their history."""
        if self.saved is None:
            raise errors.freed()
        return tuple(self._restored(*pair) for pair in zip(self.saved, self.origins))

    def _restored(self, saved, origin):
        value, counter, version = saved
        if value is None:
            return None
        own = isinstance(origin, int)  # a result: which one
        if counter is not None and counter[0] != version:
            maker = self.name() if own else maker_of(origin, value, counter)
            raise errors.changed(value, maker, counter[0], version)
        if isinstance(origin, Tensor):
            return leaf_with(origin, value.unpack()) if isinstance(value, Packed) else origin
        t = wrap(value.unpack() if isinstance(value, Packed) else value)
        t._counter = counter or t._counter
        if origin is not None:
            t._node, t._requires_grad = self._place(origin) if own else origin, True
        return t

    def _place(self, k):
        """Where the gradient of result `k` goes."""
        return Output(self, k) if isinstance(self.shape, list) else self

    # ---- backward ------------------------------------------------------------------------------

    def backward(self, g, graph):
        """Ask the user's `backward`, and check what it returns."""
        many = isinstance(self.shape, list)
        parts = zip(g, self.shape, self.dtype) if many else [(g, self.shape, self.dtype)]
        grads = self._function()(self, *[self._given(*part) for part in parts])
        grads = list(grads) if isinstance(grads, tuple) else [grads]
        expected = len(self.needs_input_grad)
        while len(grads) > expected and grads[-1] is None:
            grads.pop()
        if len(grads) != expected:
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients "
                               f"(expected {expected}, got {len(grads)})")  # fmt: skip
        results = []
        for position, grad in enumerate(grads):
            if position in self.places:
                results.append(self._accepted(grad, len(results), graph))
            elif grad is not None:
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position "
                    f"{position + 1}, but the corresponding forward input was not a Variable"
                )
        return results

    def _function(self):
        """The user's `backward`, which may be called `vjp`."""
        cls = self._forward_cls
        own, vjp = cls.backward is not Function.backward, cls.vjp is not Function.vjp
        if own and vjp:
            raise RuntimeError("Implementing both 'backward' and 'vjp' for a custom Function is "
                               "not allowed. You should only implement one of them.")  # fmt: skip
        return cls.vjp if vjp else cls.backward

    def _given(self, g, shape, kind):
        """A gradient as `backward` gets it: a Tensor; zeros for None, unless told otherwise."""
        if g is None and self.materialize_grads and shape is not None:
            g = np.zeros(shape, kind)
        return g if g is None or isinstance(g, Tensor) else wrap(g)

    def _accepted(self, grad, i, graph):
        """The gradient of the i-th tensor among the arguments."""
        if grad is None or self.edges[i] is None:
            return None
        if not isinstance(grad, Tensor):
            raise RuntimeError(f"expected Variable or None (got {errors.shown(grad)})")
        have, want = grad._array.shape, self.shapes[i]
        if have != want and (len(have) < len(want) or errors.broadcast(have, want)
                             or np.broadcast_shapes(have, want) != have):  # fmt: skip
            raise RuntimeError(
                f"Function {self.name()} returned an invalid gradient at index {i} - got "
                f"{errors.sizes(have)} but expected shape compatible with {errors.sizes(want)}"
            )
        return grad if graph else grad._array


# ---- the class that users derive from ----------------------------------------------------------


class FunctionMeta(type):
    """Gives each Function a class of nodes named after it."""

    def __init__(cls, name, bases, attributes):
        cls._backward_cls = type(f"{name}Backward", (BackwardCFunction,), {"_forward_cls": cls})
        super().__init__(name, bases, attributes)


class Function(metaclass=FunctionMeta):
    """An operation of one's own: a `forward`, and a `backward` that gives its gradients.

    Both are static methods; call the operation by `apply`. `backward` gets the gradient of each
    result and returns one for each argument of `forward` (None for those that have none).

    >>> import minitorch
    >>> class Square(minitorch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return grad * 2 * x
    >>> x = minitorch.tensor([3.], requires_grad=True)
    >>> y = Square.apply(x); y
    tensor([9.], grad_fn=<SquareBackward>)
    >>> y.backward(); x.grad
    tensor([6.])
    """

    def __init__(self, *args, **kwargs):
        warnings.warn(
            f"{self.__class__} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version of PyTorch.",
            DeprecationWarning, stacklevel=2)  # fmt: skip

    def __call__(self, *args, **kwargs):
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            "new-style autograd function with static forward method. (Example: "
            "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)"
        )

    @staticmethod
    def forward(*args, **kwargs):
        """The operation: `forward(ctx, *args)`, or `forward(*args)` beside a `setup_context`."""
        raise NotImplementedError("You must implement the forward function for custom "
                                  "autograd.Function.")  # fmt: skip

    @staticmethod
    def setup_context(ctx, inputs, output):
        """What `forward` would have told `ctx`, where it is not given one."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        """The gradients of the arguments of `forward`, given those of its results."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @classmethod
    def apply(cls, *args, **kwargs):
        """Run the operation, and record it if an argument requires grad."""
        separate = cls.setup_context is not Function.setup_context
        if separate:
            args = _bound(cls.forward, args, kwargs)
        elif kwargs:
            args = _bound(cls.forward, (None, *args), kwargs)[1:]
        ctx = cls._backward_cls()
        ctx.needs_input_grad = tuple(isinstance(a, Tensor) and a._wants_grad() for a in args)
        with no_grad():
            if separate:
                results = cls.forward(*args)
                cls.setup_context(ctx, args, results)
            else:
                results = cls.forward(ctx, *args)
        outputs = list(results) if isinstance(results, tuple) else [results]
        _record(ctx, args, outputs)
        return tuple(outputs) if isinstance(results, tuple) else outputs[0]


def _bound(forward, args, kwargs):
    """The arguments in the order of the signature of `forward`, defaults included."""
    import inspect  # slow to import, and seldom needed

    bound = inspect.signature(forward).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args


def once_differentiable(fn):
    """Decorates a `backward` that cannot itself be differentiated: to try it is then an error.

    >>> import minitorch
    >>> class Double(minitorch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     @minitorch.autograd.function.once_differentiable
    ...     def backward(ctx, grad):
    ...         return grad * 2
    """

    @functools.wraps(fn)
    def wrapper(ctx, *args):
        with no_grad():
            grads = fn(ctx, *args)
        if not modes.grad or not any(isinstance(a, Tensor) and a.requires_grad for a in args):
            return grads
        many = isinstance(grads, tuple)
        marked = tuple(_undifferentiable(g) for g in (grads if many else (grads,)))
        return marked if many else marked[0]

    return wrapper


class DelayedError(Node):
    """The node of a result that cannot be differentiated."""

    __slots__ = ()
    primitive, edges, saved = None, (), ()

    def name(self):
        return "torch::autograd::Error"

    def backward(self, g, graph):
        raise RuntimeError("trying to differentiate twice a function that was marked with "
                           "@once_differentiable")  # fmt: skip


def _undifferentiable(g):
    if not isinstance(g, Tensor):
        return g
    node = DelayedError()
    node.shape, node.dtype, node.hooks = g._array.shape, g._array.dtype, None
    node.number = next_number()
    t = g.detach()
    t._node, t._requires_grad = node, True
    return t


# ---- the place of the results in the graph -----------------------------------------------------


def _record(ctx, args, outputs):
    """Give each result its history, in place of the list's items; then save what is to be saved."""
    inputs = [a for a in args if isinstance(a, Tensor)]
    needs = [bool(modes.grad and a._wants_grad()) for a in inputs]
    recording = any(needs)
    ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
    ctx.shapes = tuple(a._array.shape for a in inputs)
    ctx.edges = tuple(edge(a) if need else None for a, need in zip(inputs, needs))
    arrays = [getattr(t, "_array", None) for t in outputs]
    ctx.shape = [None if a is None else a.shape for a in arrays]
    ctx.dtype = [None if a is None else a.dtype for a in arrays]
    if len(outputs) == 1:
        ctx.shape, ctx.dtype = ctx.shape[0], ctx.dtype[0]
    ctx.number = next_number()
    _check_dirty(ctx, inputs, outputs, recording)
    differentiable = [k for k, t in enumerate(outputs)
                      if isinstance(t, Tensor) and t._array.dtype.kind == "f"
                      and not _among(t, ctx.non_differentiable)]  # fmt: skip
    origin = "multi" if len(differentiable) > 1 else "custom"
    for k, t in enumerate(outputs):
        if isinstance(t, Tensor):
            place = ctx._place(k) if recording and k in differentiable else None
            outputs[k] = _joined(t, place, _among(t, inputs), _among(t, ctx.dirty), origin)
    if recording:
        ctx._save(outputs)
        if watchers:
            noted(ctx, args, outputs)


def _joined(t, place, is_input, dirty, origin):
    """A result with its place in the graph (None: it has none): a written-to input goes on from
    there, an input handed through is seen as a view, and views cannot be written to from now on."""
    if is_input and dirty:
        if place is not None:
            result = wrap(t._array)
            result._node, result._requires_grad = place, True
            become(t, result)
        return t
    if is_input:
        with no_grad():
            t = alias(t)
    if place is None and t.requires_grad:
        t = t.detach()
    if t._view is not None:
        t._view.origin, t._view.version = origin, t._counter[0]
    if place is not None:
        t._node, t._requires_grad = place, True
    return t


def _check_dirty(ctx, inputs, outputs, recording):
    """torch's rules for inputs that were changed in place."""
    for t in ctx.dirty:
        if not _among(t, inputs):
            warnings.warn("ctx.mark_dirty() received a tensor that was not an input. Only input "
                          "Tensors that have been mutated should be passed to ctx.mark_dirty().",
                          UserWarning, stacklevel=4)  # fmt: skip
            continue
        if recording and t._node is None and t._requires_grad:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place "
                               "operation.")  # fmt: skip
        if not _among(t, outputs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function."
            )
        t._bump()


def _among(t, tensors):
    return any(t is other for other in tensors)
