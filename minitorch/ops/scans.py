"""Running sums and products, and differences of neighbours.

Floor 2. Along one axis; a scan of a number is the number.
"""

import operator

import numpy as np

from .. import dtypes, errors
from ..primitive import Primitive
from . import creation, joining, parts
from .comparison import ne

# ---- scans -------------------------------------------------------------------------------------


def _scan(ufunc):
    def kernel(x, *, axis, reverse=False):
        if not x.ndim:
            return x.copy()
        kind = np.float64 if x.dtype.kind == "f" else None  # torch, too, adds up in double
        turned = np.flip(x, axis) if reverse else x
        out = ufunc.accumulate(turned, axis, kind).astype(x.dtype, copy=False)
        return np.flip(out, axis) if reverse else out

    return kernel


cumsum_primitive = Primitive(
    "cumsum", _scan(np.add), inputs="input",
    input=lambda g, axis, reverse: cumsum_primitive(g, axis=axis, reverse=not reverse),
)  # fmt: skip


def _piece(x, axis, start, stop):
    return parts.slice_primitive(x, where=parts.at(axis, slice(start, stop)))


def products_before(x, axis, reverse=False):
    """For each element the product of all before it (with `reverse`, after it) along the axis."""
    n = x.shape[axis]
    ones = _piece(x, axis, 0, 1) ** 0
    rest = _piece(x, axis, 1, n) if reverse else _piece(x, axis, 0, n - 1)
    parts = (rest, ones) if reverse else (ones, rest)
    return cumprod_primitive(joining.cat_primitive(*parts, axis=axis), axis=axis, reverse=reverse)


def _cumprod_input(g, input, out, axis, reverse):
    """d out[j] / d x[k] = out[j] / x[k] for j >= k; without the division where some x are zero."""
    if (input != 0).all():
        return cumsum_primitive(g * out, axis=axis, reverse=not reverse) / input
    if not input.ndim:
        return g
    # after[k] = g[k] + x[k+1] g[k+1] + x[k+1] x[k+2] g[k+2] + ..., from the last to the first
    after, beyond = {}, 0
    for k in range(input.shape[axis])[:: 1 if reverse else -1]:
        after[k] = parts.select_primitive(g, where=parts.at(axis, k)) + beyond
        beyond = after[k] * parts.select_primitive(input, where=parts.at(axis, k))
    stacked = joining.stack_primitive(*(after[k] for k in sorted(after)), axis=axis)
    return products_before(input, axis, reverse) * stacked


cumprod_primitive = Primitive("cumprod", _scan(np.multiply), inputs="input", input=_cumprod_input)


def _scanned(primitive, input, dim, dtype, out):
    if dtype is not None:
        input = input.to(dtype)
    elif input._array.dtype.kind != "f":
        input = input.to(dtypes.int64)
    return primitive(input, axis=errors.wrap_dim(dim, input._array.ndim), out=out)


def cumsum(input, dim: int, *, dtype=None, out=None):
    """The sums of the first elements along `dim`: out[k] = x[0] + ... + x[k].

    >>> import minitorch
    >>> minitorch.tensor([1, 2, 3]).cumsum(0)
    tensor([1, 3, 6])
    """
    return _scanned(cumsum_primitive, input, dim, dtype, out)


def cumprod(input, dim: int, *, dtype=None, out=None):
    """The products of the first elements along `dim`: out[k] = x[0] * ... * x[k].

    >>> import minitorch
    >>> minitorch.tensor([1, 2, 3]).cumprod(0)
    tensor([1, 2, 6])
    """
    return _scanned(cumprod_primitive, input, dim, dtype, out)


# ---- differences -------------------------------------------------------------------------------


def diff(input, n=1, dim=-1, prepend=None, append=None):
    """The differences of neighbours along `dim`, x[k+1] - x[k], taken `n` times.

    `prepend` and `append` are joined to the ends first.

    >>> import minitorch
    >>> minitorch.tensor([1, 4, 9]).diff()
    tensor([3, 5])
    """
    if not input._array.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    axis = errors.wrap_dim(dim, input._array.ndim)
    for end in (prepend, append):
        if end is not None:
            _check_end(input._array.shape, end._array.shape, axis)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n == 0:
        return creation.clone(input)
    parts = [x for x in (prepend, input, append) if x is not None]
    x = joining.cat(parts, axis) if len(parts) > 1 else input
    subtract = ne if x._array.dtype.kind == "b" else operator.sub
    for _ in range(min(n, x._array.shape[axis])):
        size = x._array.shape[axis]
        x = subtract(_piece(x, axis, 1, size), _piece(x, axis, 0, max(size - 1, 0)))
    return x


def _check_end(shape, other, axis):
    """torch's errors for a tensor that cannot be joined to the end of another."""
    if len(shape) != len(other):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for i, (size, have) in enumerate(zip(shape, other, strict=True)):
        if size != have and i != axis:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input "
                f"except along the differencing dimension; input.size({i}) = {size}, but got "
                f"tensor.size({i}) = {have}"
            )
