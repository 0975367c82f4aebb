"""Layers as functions of their input and their weights: linear, embedding, dropout.

Floor 3. Composed as torch composes them, so that the recorded graph has torch's nodes.
"""

import math
import warnings

import numpy as np

from .. import errors
from ..modes import recording_mode
from ..ops import elementwise, products, shapes
from ..ops.embedding import embedding as embedding_primitive
from ..ops.sampling import bernoulli_
from ..tensor import Tensor, wrap
from .arguments import as_float, flag, whole

__all__ = ["dropout", "dropout1d", "dropout2d", "embedding", "linear", "one_hot"]


# ---- linear ------------------------------------------------------------------------------------


def linear(input, weight: Tensor, bias=None):
    """`input @ weight.T + bias`: shapes (..., in), (out, in), (out,) -> (..., out).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.linear(minitorch.ones(1, 2), minitorch.ones(3, 2), minitorch.zeros(3))
    tensor([[2., 2., 2.]])
    """
    try:
        x, w = input._array, weight._array
    except AttributeError:
        raise errors.wrong_argument(linear, (input, weight), {}, method=False) from None
    if w.ndim == 2 <= x.ndim and not recording_mode():
        try:
            return _unrecorded(x, w, bias)
        except (AttributeError, TypeError, ValueError):
            pass  # the operations below say what is wrong
    if bias is not None and not isinstance(bias, Tensor):
        raise errors.not_a_tensor("linear", "bias", 3, bias)
    if x.ndim == 2 and w.ndim == 2:
        if bias is None:
            return products.mm(input, shapes.t_primitive(weight))
        return products.addmm_primitive(bias, input, shapes.t_primitive(weight), beta=1, alpha=1)
    if 0 in (x.ndim, w.ndim):
        raise RuntimeError("both arguments to linear need to be at least 1D, but they are "
                           f"{x.ndim}D and {w.ndim}D")  # fmt: skip
    if w.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {w.ndim}D")
    if w.ndim == 1 or bias is not None and not _is_row(bias._array):
        return _unusual(input, weight, bias)
    if x.ndim == 1:
        return shapes.squeeze(linear(shapes.unsqueeze(input, 0), weight, bias), 0)
    rows = shapes.reshape(input, math.prod(x.shape[:-1]), x.shape[-1])
    return shapes.reshape(linear(rows, weight, bias), *x.shape[:-1], w.shape[0])


def _is_row(bias):
    return bias.ndim == 1 or bias.ndim == 2 and bias.shape[0] == 1


def _unusual(input, weight, bias):
    """`linear` with a vector as weight, or with a bias that is none, which is added as it is."""
    if weight.dim() == 1 and bias is not None and (input.dim() == 2 or _is_row(bias._array)):
        raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
    out = products.matmul(input, shapes.t(weight))
    if bias is None:
        return out
    y = out + bias
    if y.shape != out.shape:
        raise errors.output_shape(out.shape, y.shape)
    return y


def _unrecorded(x, weight, bias):
    """`linear` where no graph is kept: then the views of its inputs need not be tensors."""
    rows = x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    if bias is None:
        out = wrap(products.mm_primitive.kernel(rows, weight.T))
    elif rows is not x and not _is_row(bias._array):
        raise ValueError("a bias for each row is none for each place of the input")
    else:
        out = wrap(products.addmm_primitive.kernel(bias._array, rows, weight.T))
    if rows is x:
        return out
    return shapes.reshape_primitive.quick(out, (*x.shape[:-1], weight.shape[0]))


# ---- embedding ---------------------------------------------------------------------------------


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0,
              scale_grad_by_freq=False, sparse=False):  # fmt: skip
    """The rows of `weight` numbered by `input`: shapes (*), (V, E) -> (*, E).

    The row `padding_idx` gets no gradient. With `max_norm`, rows used that are longer are first
    scaled down, in place. With `scale_grad_by_freq` a row's gradient is divided by its uses.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.embedding(minitorch.tensor([1, 0]), minitorch.eye(2))
    tensor([[0., 1.],
            [1., 0.]])
    """
    for place, (name, value) in enumerate((("weight", weight), ("indices", input)), 1):
        if not isinstance(value, Tensor):
            raise errors.not_a_tensor("embedding", name, place, value)
    if scale_grad_by_freq is not False or sparse is not False:
        flag("embedding", "scale_grad_by_freq", 4, scale_grad_by_freq)
        flag("embedding", "sparse", 5, sparse)
    index, table = input._array, weight._array
    if padding_idx is not None:
        rows = table.shape[0]
        if not (padding_idx < rows if padding_idx > 0 else padding_idx >= -rows and rows):
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx = whole("embedding", "padding_idx", 3, padding_idx) % rows
    if table.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if index.dtype.name not in ("int64", "int32"):
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got torch.{errors.scalar_name(index)}Tensor instead (while checking "
            "arguments for embedding)"
        )
    if index.size and not 0 <= index.min() <= index.max() < table.shape[0]:
        raise IndexError("index out of range in self")
    if max_norm is not None:
        max_norm = as_float("embedding_renorm_", "max_norm", 3, max_norm)
        norm_type = as_float("embedding_renorm_", "norm_type", 4, norm_type)
        used = np.unique(index)
        sizes = np.linalg.norm(table[used], norm_type, 1)
        long = used[sizes > max_norm]
        table[long] *= (max_norm / (sizes[sizes > max_norm] + 1e-7))[:, None].astype(table.dtype)
        weight._bump()
    return embedding_primitive(weight, index, by_count=scale_grad_by_freq,
                               padding_idx=-1 if padding_idx is None else padding_idx)  # fmt: skip


def one_hot(input, num_classes=-1):
    """Each class number as a row of zeros with a one in its place: (*) -> (*, classes).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.one_hot(minitorch.tensor([1, 0]))
    tensor([[0, 1],
            [1, 0]])
    """
    x, num_classes = input._array, whole("one_hot", "num_classes", 2, num_classes)
    if x.dtype.name != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not x.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return wrap(np.zeros((*x.shape, num_classes), np.int64, like=x))
    if x.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(input.max()) + 1
    elif x.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return wrap((x[..., None] == np.arange(num_classes, like=x)).astype(np.int64))


# ---- dropout -----------------------------------------------------------------------------------


def _dropped(input, p, training, inplace, shape):
    """`input` times a mask of `shape` that keeps a share of 1 - p and makes up for the rest."""
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if training is not True and training is not False:
        op = "dropout" if shape == input._array.shape else "feature_dropout"
        training = flag(op, "train", 3, training)
    if p == 0.0 or not training or not input._array.size:
        return input
    # As torch does, the mask is drawn in the order in which the input lies in memory.
    x = input._array
    as_it_lies = shape == x.shape and 0 not in x.strides
    noise = wrap(np.zeros_like(x) if as_it_lies else np.zeros(shape, x.dtype, like=x))
    if p < 1.0:
        bernoulli_(noise, 1 - p)
        noise.div_(1 - p)
    return input.mul_(noise) if inplace else elementwise.mul.function(input, noise)


def dropout(input, p=0.5, training=True, inplace=False):
    """Each element zeroed with probability `p`, the others divided by 1 - p; nothing in evaluation.

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.dropout(minitorch.ones(2), p=1.0)
    tensor([0., 0.])
    """
    return _dropped(input, p, training, inplace, input._array.shape)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """Whole channels dropped: (N, C, L) or (C, L).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.dropout1d(minitorch.ones(1, 2, 3), training=False).shape
    torch.Size([1, 2, 3])
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    ndim = input._array.ndim
    if ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {ndim}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    x = input if ndim == 3 else shapes.unsqueeze(input, 0)
    out = _dropped(x, p, training, inplace, (*x._array.shape[:2], 1))
    return out if ndim == 3 else shapes.squeeze(out, 0)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """Whole channels dropped: (N, C, H, W).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.dropout2d(minitorch.ones(1, 2, 3, 3), training=False).shape
    torch.Size([1, 2, 3, 3])
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    shape = input._array.shape
    if len(shape) not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {len(shape)}-D input to dropout2d, which is deprecated and "
            "will result in an error in a future release. To retain the behavior and silence this "
            "warning, please use dropout instead. Note that dropout2d exists to provide "
            "channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, and an "
            "optional batch dimension (i.e. 3D or 4D inputs).", stacklevel=2)  # fmt: skip
    if len(shape) == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead.", stacklevel=2)
    return _dropped(input, p, training, inplace, shape[:2] + (1,) * (len(shape) - 2))
