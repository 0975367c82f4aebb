"""The softmax family: exponentials, and their share of the sum along a dimension.

Floor 2. The kernels make few passes over the numbers and write into their own temporaries. `axes`
is a tuple of one axis (empty for a number); logsumexp takes several.
"""

import numpy as np

from .. import dtypes, errors
from ..devices import reduced
from ..primitive import Primitive
from ..tensor import Tensor
from . import powers
from .ordering import extremes
from .reductions import along, axes_of, kept, total

# ---- shared ------------------------------------------------------------------------------------

_SAFE = 40  # e^40 and e^-40 can be added up in float32: nothing overflows, nothing is lost


def _is_safe(x):
    """Whether the exponentials of a large array need no shift; it is a pass less to find out."""
    return (x.size > 2048 and x.dtype.char in "fd" and reduced(np.maximum, x) < _SAFE
            and reduced(np.minimum, x) > -_SAFE)  # fmt: skip


def _wide(x):
    """float16 is computed with in float32, as in torch."""
    return x.astype(np.float32) if x.dtype.char == "e" else x


def _checked(name, input, dim, dtype):
    """The input of softmax or log_softmax, and its axes."""
    if dtype is not None:
        input = input.to(dtype)
    x = input._array
    if not hasattr(dim, "__index__"):
        raise TypeError  # axes_of would take several, or all
    axes = axes_of(dim, x.ndim)
    if x.dtype.kind != "f":
        last = "_lastdim" if not axes or axes[0] == x.ndim - 1 else ""
        raise errors.not_implemented(f"{name}{last}_kernel_impl", x.dtype)
    return input, axes


# ---- softmax -----------------------------------------------------------------------------------


def _softmax(x, *, axes):
    wide = _wide(x)
    e = np.exp(wide if _is_safe(wide) else wide - extremes(wide, axes, True))
    e /= total(e, axes, True)
    return e.astype(x.dtype, copy=False)


def _softmax_backward(grad, y, *, axes):
    """(grad - sum(grad * y)) * y."""
    if axes == (y.ndim - 1,) and isinstance(y, np.ndarray):
        dots = np.vecdot(grad, y)[..., None]
    else:
        dots = total(grad * y, axes, True)
    out = grad - dots
    out *= y
    return out


softmax_backward = Primitive(
    "softmax_backward_data", _softmax_backward,
    grad=lambda g, y, axes: softmax_backward(g, y, axes=axes),
    y=lambda g, grad, y, axes: g * (grad - along(grad * y, axes)) - grad * along(g * y, axes),
)  # fmt: skip
softmax_primitive = Primitive(
    "softmax", _softmax, inputs="input",
    input=lambda g, out, axes: softmax_backward(g, out, axes=axes),
)  # fmt: skip


def softmax(input, dim: int, dtype=None, *, out=None):
    """exp(x) / sum(exp(x)) along `dim`: positive numbers that sum to 1.

    >>> import minitorch
    >>> minitorch.tensor([0., 0.]).softmax(0)
    tensor([0.5000, 0.5000])
    """
    input, axes = _checked("softmax", input, dim, dtype)
    return softmax_primitive(input, axes=axes, out=out)


def _log_softmax(x, *, axes):
    wide = _wide(x)
    out = wide - extremes(wide, axes, True)
    e = np.exp(out)
    sums = total(e, axes, True)
    out -= np.log(sums)
    return out.astype(x.dtype, copy=False), e, sums


def _log_softmax_input(g, out, e, sums, axes):
    """g - softmax(x) * sum(g). The exponentials are kept, so that a plain backward needs none."""
    if isinstance(g, Tensor):
        return g - powers.exp(out) * along(g, axes)
    share = e * (total(g, axes, True) / sums)
    return np.subtract(g, share, out=share) if share.ndim else g - share


log_softmax_primitive = Primitive("log_softmax", _log_softmax, inputs="input",
                                  residuals="e sums", input=_log_softmax_input)  # fmt: skip


def log_softmax(input, dim: int, dtype=None, *, out=None):
    """x - log(sum(exp(x))) along `dim`: the logarithm of softmax, without overflow.

    >>> import minitorch
    >>> minitorch.tensor([0., 0.]).log_softmax(0)
    tensor([-0.6931, -0.6931])
    """
    input, axes = _checked("log_softmax", input, dim, dtype)
    return log_softmax_primitive(input, axes=axes, out=out)


# ---- the logarithm of the sum ------------------------------------------------------------------


def _logsumexp(x, *, axes, keepdim):
    wide = _wide(x)
    if _is_safe(wide):
        return np.log(total(np.exp(wide), axes, keepdim))
    m = extremes(wide, axes, True)
    m = np.where(np.isinf(m), wide.dtype.type(0), m)  # inf - inf is no number
    out = np.log(total(np.exp(wide - m), axes, keepdim))
    return (out + m.reshape(np.shape(out))).astype(x.dtype, copy=False)


logsumexp_primitive = Primitive(
    "logsumexp", _logsumexp,
    input=lambda g, input, out, axes, keepdim: (
        kept(g, input.shape, axes, keepdim)
        * powers.exp(input - kept(out, input.shape, axes, keepdim))),
)  # fmt: skip


def logsumexp(input, dim, keepdim=False, *, out=None):
    """log(sum(exp(x))) along `dim`, without overflow.

    >>> import minitorch
    >>> minitorch.tensor([1000., 1000.]).logsumexp(0)
    tensor(1000.6932)
    """
    if input._array.dtype.kind != "f":
        input = input.to(dtypes.get_default_dtype())
    axes = axes_of(dim, input._array.ndim)
    return logsumexp_primitive(input, axes=axes, keepdim=keepdim, out=out)
