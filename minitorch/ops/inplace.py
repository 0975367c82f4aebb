"""In-place forms: `x.add_(y)`, `x += y`, `x[i] = y`.

Floor 2. One rule for all: the ordinary operation is done (and recorded) first, then the tensor
takes over its values, in the memory it has, and its history; the version counter says that this
happened. Written through a view, the base takes over too, and every other view of it finds the
new history when it is next asked.
"""

import numpy as np

from .. import dtypes, errors
from ..devices import repeats, writeable, zeros
from ..modes import modes
from ..node import watchers
from ..primitive import NUMBERS, Primitive
from ..recording import PLAIN_NUMBERS
from ..tensor import Tensor, View, wrap
from .creation import fitting

# ---- what may be written to --------------------------------------------------------------------


def check_writable(x):
    """torch's errors for tensors that must not be written to while recording."""
    if not modes.grad or not x.requires_grad:
        return
    if x._view is not None:
        _check_origin(x)
        if x._view.base._node is None:
            raise errors.leaf_in_place(view=True)
    if x._node is None:
        raise errors.leaf_in_place()


def _check_origin(x):
    if x._view is not None and x._view.origin is not None:
        maker = None if x._node is None else x._node.name()
        raise errors.view_written(x._view.origin, maker, x.output_nr)


def memory_of(x, one_value=False):
    """The array of `x`, to write to; an error where several elements lie in one place, unless they
    all get one value."""
    array = x._array
    if not writeable(array):
        if repeats(array):
            if not one_value:
                raise errors.shares_memory(others=False)
            steps = zip(array.shape, array.strides)
            array = array[tuple([slice(n if step else 1) for n, step in steps])]
        try:
            array.flags.writeable = True  # one row of an expanded tensor
        except ValueError:
            raise RuntimeError("the tensor shares the memory of a NumPy array that cannot be "
                               "written to: use clone() first") from None  # fmt: skip
    return array


def check_overlap(x, other):
    """An error where `other`, to be read while `x` is written, partly lies in the same place."""
    if other is x or other._counter is not x._counter or x._counter is None:
        return
    a, b = x._array, other._array
    if not isinstance(a, np.ndarray):
        return
    if not (a.size and b.size and dense(a) and dense(b)):
        return  # torch does not look any closer
    (a_start, a_end), (b_start, b_end) = (np.lib.array_utils.byte_bounds(y) for y in (a, b))
    same = a_start == b_start and a_end == b_end and a.strides == b.strides
    if a_start < b_end and b_start < a_end and not same:
        raise errors.shares_memory(others=True)


def dense(array):
    """Whether the elements fill their stretch of memory without gaps, in some order."""
    order = sorted(range(array.ndim), key=lambda i: -array.strides[i])
    return array.transpose(order).flags.c_contiguous


# ---- taking over -------------------------------------------------------------------------------


def inplace(function, name):
    """The in-place form of an operation, as a method: `inplace(add, "add_")`."""
    primitive = getattr(function, "primitive", None) or function
    single = isinstance(primitive, Primitive)
    kernel = primitive.kernel if single else None
    direct = isinstance(kernel, np.ufunc)
    numbers = PLAIN_NUMBERS if direct and primitive.numbers else ()
    title = "".join(part.title() for part in name.split("_"))

    def method(self, *args, **keywords):
        x, recording = self._array, modes.grad
        if direct and not keywords and not (recording and self.requires_grad):
            other = args[0] if args else None
            plain = len(args) == 1 and kernel.nin == 2 and (
                isinstance(other, Tensor) and other._array.dtype is x.dtype
                and not (recording and other.requires_grad)
                and other._counter is not self._counter
                or other.__class__ in numbers and x.dtype.kind == "f"
                or other.__class__ is int and numbers and x.dtype.kind in "iu")  # fmt: skip
            if plain and self._counter is not None:
                try:
                    kernel(x, getattr(other, "_array", other), out=x)
                except (ValueError, TypeError, OverflowError):
                    pass  # the general way below finds the words
                else:
                    self._counter[0] += 1
                    return self
        check_writable(self)
        for other in args:
            if isinstance(other, Tensor):
                check_overlap(self, other)
        old = self if single and not watchers or not recording else _copied(self)
        try:
            result = function(old, *args, **keywords)
        except TypeError as error:
            raise errors.of_method(error, name) from None
        if recording and result._node is None and self.requires_grad:  # as in x.eq_(y)
            values = result._array.astype(x.dtype)
            result = no_gradient(old, values=values, node=f"{title}Backward0")
        take_over(self, result)
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[:-1]}`, in place; returns the tensor itself."
    return method


# A result that does not depend smoothly on the input.
no_gradient = Primitive("zeros_like", lambda input, *, values, node: values, inputs="input",
                        node=lambda values, node: node, input=lambda g: zeros_for(g))  # fmt: skip


def inplace_view(function, name):
    """The in-place form of an operation that only looks at the memory in another way: `t_`."""

    def method(self, *args, **keywords):
        check_writable(self)
        seen = function(self, *args, **keywords)
        self._array = seen._array
        self._bump()
        if self._view is not None:
            self._view = View(seen._view.base, seen._view.recipe, self._counter[0],
                              self._view.origin)  # fmt: skip
        if seen._node is not None:
            self._take_history(seen)
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[:-1]}`, in place; returns the tensor itself."
    return method


def _copied(x):
    """`x` before it is written to: its numbers in a memory of their own, and its history."""
    old = wrap(x._array.copy())
    old._requires_grad = x._wants_grad()
    old._node = x._node
    return old


def take_over(x, result):
    """Give `x` the values and the history of `result`, which was computed from it."""
    mine, new = x._array, result._array
    if new.shape != mine.shape:
        raise errors.output_shape(mine.shape, new.shape)
    if new.dtype != mine.dtype and not dtypes.can_cast(result.dtype, x.dtype):
        raise errors.no_such_result(new, mine)
    node = result._node
    if node is not None:
        _check_origin(x)
        if node.saved:
            _keep_old_values(node, x, new)
    memory_of(x)[...] = new
    x._bump()
    if node is not None:
        become(x, result)


def _keep_old_values(node, x, new):
    """What the formulas need of the values of `x` is copied before they are written over; what
    they need of the result is what stands in `x` from now on."""
    mine, saved = x._array, []
    for place, (value, counter, version) in zip(node.plan.saves, node.saved):
        if value is mine and place == 0:
            saved.append((mine.copy(), None, 0))
        elif value is new:
            saved.append((mine, x._counter, x._counter[0] + 1))
        else:  # the tensor given as another input too is out of date from now on
            saved.append((value, counter, version))
    node.saved = tuple(saved)


def become(x, result):
    """`x` takes the history of `result`; so does the base of which `x` is a view."""
    if x._view is None:
        x._take_history(result)
        written, name = x, result._node.name()
    else:
        written, recipe = x._view.base, x._view.recipe
        written._take_history(copy_slices(written, result, recipe=recipe))
        name = written._node.name()
        x._view.version = -1  # out of date: x finds its history through the base
        if x.retains_grad:
            x._refresh()
    written._counter[1:] = name, written._array  # who wrote last, for the error message


# ---- writing through a view --------------------------------------------------------------------


def _follow(x, recipe):
    for primitive, keywords, index in recipe:
        x = primitive(x, **keywords)
        x = x if index is None else x[index]
    return x


def _part(full, recipe):
    """The part of a new array that the recipe names, to write to."""
    part = _follow(full, recipe)
    if not writeable(part):  # expanded
        part.flags.writeable = True
    return part


def _keep_outside(g, *, recipe):
    rest = zeros(g.shape, g)
    rest[...] = g
    _part(rest, recipe)[...] = 0
    return rest


def _put_back(g, *, shape, recipe):
    """Zeros of the shape of the base, with `g` added where the view is."""
    full = zeros(shape, g)
    part = _part(full, recipe)
    if dense(part):
        part[...] = g
        return full
    places = _follow(np.arange(full.size, like=full).reshape(shape), recipe)
    np.add.at(full.reshape(-1), places.reshape(-1), g.reshape(-1))  # an expanded view repeats some
    return full


keep_outside = Primitive("keep_outside", _keep_outside, inputs="g",
                         g=lambda g, recipe: keep_outside(g, recipe=recipe))  # fmt: skip
put_back = Primitive("as_strided_scatter", _put_back, inputs="g",
                     g=lambda g, recipe: as_strided(g, recipe=recipe))  # fmt: skip
as_strided = Primitive(
    "as_strided", lambda base, *, recipe: _follow(base, recipe), inputs="base",
    base=lambda g, base_shape, recipe: put_back(g, shape=base_shape, recipe=recipe),
)  # fmt: skip
View.retake = staticmethod(lambda base, recipe: as_strided(base, recipe=recipe))

# The base with `value` in the place of the view. The memory has been written already, so the
# kernel only hands the base on.
copy_slices = Primitive("copy_slices", lambda base, value, *, recipe: base, inputs="base value",
                        node="torch::autograd::CopySlices",
                        base=lambda g, recipe: keep_outside(g, recipe=recipe),
                        value=lambda g, recipe: _follow(g, recipe))  # fmt: skip


# ---- copying, filling --------------------------------------------------------------------------

zeros_for = Primitive("zeros_like", np.zeros_like, inputs="g", g=lambda g: zeros_for(g))
copy_primitive = Primitive(
    "copy", lambda input, src: np.broadcast_to(src, input.shape).astype(input.dtype),
    inputs="input src", node="torch::autograd::CopyBackwards",
    input=lambda g: zeros_for(g), src=lambda g: g,
    explain=lambda arrays, keywords: _expand_error(*arrays),
)  # fmt: skip
_full_of = lambda x, value: np.full(x.shape, value, x.dtype, like=x)
_fill = Primitive("fill", lambda input, *, value: _full_of(input, value),
                  inputs="input", node="FillBackward2", input=lambda g: zeros_for(g))  # fmt: skip
_zero = Primitive("zero", lambda input, *, value: zeros(input.shape, input),
                  inputs="input", input=lambda g: zeros_for(g))  # fmt: skip
_fill_tensor = Primitive("fill", lambda input, value: _full_of(input, value),
                         inputs="input value", node="FillBackward3",
                         input=lambda g: zeros_for(g), value=lambda g: g)  # fmt: skip


def _expand_error(target, source):
    """The error for copying an array into one of another shape (None if that can be done)."""
    if source.ndim > target.ndim:
        return errors.output_shape(target.shape, source.shape)
    return errors.broadcast(target.shape, source.shape)


def copy_(self, other, non_blocking=False):
    """Copy the numbers of `other` into this tensor, casting and broadcasting; returns it."""
    if isinstance(other, NUMBERS):
        other = wrap(np.asarray(other, like=self._array))
    elif not isinstance(other, Tensor):
        raise errors.not_a_tensor("copy_", "other", 1, other)
    if other._array.__class__ is not self._array.__class__:
        other = other.to(self.device)
    check_writable(self)
    check_overlap(self, other)
    if modes.grad and (other.requires_grad or self.requires_grad):
        take_over(self, copy_primitive(self, other))
        return self
    try:
        memory_of(self)[...] = other._array
    except ValueError:
        raise _expand_error(self._array, other._array) from None
    self._bump()
    return self


def fill_(self, value):
    """Fill this tensor with one value, a number or a 0-d tensor; returns it."""
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError("fill_ only supports 0-dimension value tensor but got tensor with "
                               f"{value._array.ndim} dimensions.")  # fmt: skip
        if modes.grad and (value.requires_grad or self.requires_grad):
            check_writable(self)
            take_over(self, _fill_tensor(self, value))
            return self
        return _filled(self, _fill, value._array, one_value=False)
    if not isinstance(value, NUMBERS):
        raise errors.combination("fill_", (value,), ("Tensor value", "Number value"))
    return _filled(self, _fill, fitting(value, self._array.dtype))


def zero_(self):
    """Fill this tensor with zeros; returns it."""
    return _filled(self, _zero, 0)


def _filled(x, primitive, value, one_value=True):
    if modes.grad and x.requires_grad:
        check_writable(x)
        take_over(x, primitive(x, value=value))
    else:
        memory_of(x, one_value)[...] = value
        x._bump()
    return x
