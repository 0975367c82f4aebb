"""In-place forms: `x.add_(y)`, `x += y`, `x[i] = y`.

Floor 2. One rule for all: the ordinary operation is done (and recorded) first, then the tensor
takes over its values, in the memory it has, and its history; the version counter says that this
happened. Written through a view, the base takes over too, and every other view of it finds the
new history when it is next asked.
"""

import numpy as np

from .. import dtypes, errors
from ..modes import modes
from ..primitive import Primitive, _NUMBERS
from ..tensor import Tensor, wrap
from . import indexing, shapes

# ---- taking over -------------------------------------------------------------------------------


def check_writable(x):
    """torch's errors for tensors that must not be written to while recording."""
    if not modes.grad or not x.requires_grad:
        return
    if x._node is None:
        raise errors.leaf_in_place()
    if x._view is not None and x._view.base._requires_grad and x._view.base._node is None:
        raise errors.leaf_in_place(view=True)


def inplace(function, name):
    """The in-place form of an operation, as a method: `inplace(add, "add_")`."""
    primitive = getattr(function, "primitive", None) or function
    kernel = primitive.kernel if isinstance(primitive, Primitive) else None
    direct = isinstance(kernel, np.ufunc)

    def method(self, *args, **keywords):
        x = self._array
        if direct and not keywords and not (modes.grad and self.requires_grad):
            other = args[0] if args else None
            plain = len(args) == 1 and kernel.nin == 2 and (
                isinstance(other, Tensor) and other._array.dtype is x.dtype
                and not (modes.grad and other.requires_grad)
                or other.__class__ in _NUMBERS and x.dtype.kind == "f")  # fmt: skip
            if plain and self._counter is not None:
                try:
                    kernel(x, getattr(other, "_array", other), out=x)
                except (ValueError, TypeError):
                    pass  # the general way below finds the words
                else:
                    self._counter[0] += 1
                    return self
        check_writable(self)
        take_over(self, function(self, *args, **keywords))
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[:-1]}`, in place; returns the tensor itself."
    return method


def take_over(x, result):
    """Give `x` the values and the history of `result`, which was computed from it."""
    mine, new = x._array, result._array
    if new.shape != mine.shape:
        raise RuntimeError(f"output with shape {errors.sizes(mine.shape)} doesn't match the "
                           f"broadcast shape {errors.sizes(new.shape)}")  # fmt: skip
    if new.dtype != mine.dtype and not dtypes.can_cast(result.dtype, x.dtype):
        raise RuntimeError(f"result type {errors.scalar_name(new)} can't be cast to the desired "
                           f"output type {errors.scalar_name(mine)}")  # fmt: skip
    node = result._node
    if node is not None and node.saved:
        # What the formulas need of the old values is copied now, and what they need of the result
        # is what stands in `x` from now on.
        version = x._counter[0] + 1
        node.saved = tuple(
            (value.copy(), None, 0) if value is mine
            else (mine, x._counter, version) if value is new
            else (value, counter, seen) for value, counter, seen in node.saved)  # fmt: skip
    mine[...] = new
    x._bump()
    if node is not None:
        become(x, result)


def become(x, result):
    """`x` takes the history of `result`; so does the base of which `x` is a view."""
    if x._view is None:
        x._node, x._requires_grad = result._node, True
    else:
        base, recipe = x._view.base, x._view.recipe
        written = copy_slices(base, result, recipe=recipe)
        base._node, base._requires_grad = written._node, True
        x._view.version = -1  # out of date: x finds its history through the base
    x._counter[1:] = [result._node.name()]  # who wrote last, for the error message


# ---- writing through a view --------------------------------------------------------------------


def _follow(x, recipe):
    for primitive, keywords, index in recipe:
        x = primitive(x, **keywords)
        x = x if index is None else x[index]
    return x


def _keep_outside(g, *, recipe):
    rest = g.copy()
    _follow(rest, recipe)[...] = 0
    return rest


keep_outside = Primitive("keep_outside", _keep_outside, inputs="g",
                         g=lambda g, recipe: keep_outside(g, recipe=recipe))  # fmt: skip

# The base with `value` in the place of the view. The memory has been written already, so the
# kernel only hands the base on.
copy_slices = Primitive("copy_slices", lambda base, value, *, recipe: base, inputs="base value",
                        node="CopySlices",
                        base=lambda g, recipe: keep_outside(g, recipe=recipe),
                        value=lambda g, recipe: _follow(g, recipe))  # fmt: skip


# ---- copying, filling --------------------------------------------------------------------------

_copy = Primitive("copy", lambda input, src: np.broadcast_to(src, input.shape).astype(input.dtype),
                  inputs="input src", node="CopyBackwards", src=lambda g: g,
                  explain=lambda arrays, keywords: _expand_error(*arrays))  # fmt: skip
_fill = Primitive("fill", lambda input, *, value: np.full(input.shape, value, input.dtype),
                  inputs="input", input=lambda g: g * 0)  # fmt: skip


def _expand_error(target, source):
    error = errors.broadcast(source.shape, target.shape)
    if error is None and source.ndim <= target.ndim:
        return None
    if source.ndim > target.ndim:
        return RuntimeError(f"output with shape {errors.sizes(target.shape)} doesn't match the "
                            f"broadcast shape {errors.sizes(source.shape)}")  # fmt: skip
    return RuntimeError(str(error).replace("tensor a", "tensor a"))


def copy_(self, src, non_blocking=False):
    """Copy the numbers of `src` into this tensor, casting and broadcasting; returns it."""
    if not isinstance(src, Tensor):
        raise errors.not_a_tensor("copy_", "other", 1, src)
    check_writable(self)
    if modes.grad and (src.requires_grad or self.requires_grad):
        take_over(self, _copy(self, src))
        return self
    try:
        self._array[...] = src._array
    except ValueError:
        raise _expand_error(self._array, src._array) from None
    self._bump()
    return self


def fill_(self, value):
    """Fill this tensor with one value; returns it."""
    check_writable(self)
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError("fill_ only supports 0-dimension value tensor but got tensor with "
                               f"{value._array.ndim} dimensions.")  # fmt: skip
        return copy_(self, value)
    if modes.grad and self.requires_grad:
        take_over(self, _fill(self, value=value))
        return self
    self._array[...] = value
    self._bump()
    return self


def zero_(self):
    """Fill this tensor with zeros; returns it."""
    return fill_(self, 0)


# ---- assignment --------------------------------------------------------------------------------


def _index_put(input, values, *, where):
    out = input.copy()
    out[where] = values
    return out


index_put_primitive = Primitive(
    "index_put", _index_put, inputs="input values",
    input=lambda g, where: _index_put_zero(g, where=where),
    values=lambda g, where: indexing.index_primitive(g, where=where),
)  # fmt: skip
_index_put_zero = Primitive("index_put", lambda g, *, where: _index_put(g, 0, where=where),
                            inputs="g", g=lambda g, where: _index_put_zero(g, where=where))  # fmt: skip


def setitem(self, index, value):
    """`self[index] = value`."""
    if not isinstance(value, Tensor):
        value = wrap(np.asarray(value, self._array.dtype))
    check_writable(self)
    part, arrays = indexing.walked(self, index)
    if not arrays:
        if part is self:
            part = shapes.alias(self)
        surplus = value._array.ndim - part._array.ndim  # leading ones, which torch drops
        if surplus > 0 and value._array.shape[:surplus] == (1,) * surplus:
            value = value.reshape(value._array.shape[surplus:])
        copy_(part, value)
        return
    where = indexing._where(arrays, part._array.ndim)
    if modes.grad and (part.requires_grad or value.requires_grad):
        if value._array.dtype != part._array.dtype:
            value = value.to(part.dtype)
        take_over(part, index_put_primitive(part, value, where=where))
    else:
        part._array[where] = value._array
        part._bump()
