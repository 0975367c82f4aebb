"""Layers as functions of their input and their weights: linear.

Floor 3. Composed as torch composes them, so that the recorded graph has torch's nodes.
"""

from ..ops import products, shapes

__all__ = ["linear"]


def linear(input, weight, bias=None):
    """`input @ weight.T + bias`: shapes (..., in), (out, in), (out,) -> (..., out).

    >>> import minitorch
    >>> from minitorch.nn import functional as F
    >>> F.linear(minitorch.ones(1, 2), minitorch.ones(3, 2), minitorch.zeros(3))
    tensor([[2., 2., 2.]])
    """
    if input._array.ndim == 2:
        if bias is None:
            return products.mm(input, shapes.t_primitive(weight))
        return products.addmm_primitive(bias, input, shapes.t_primitive(weight), beta=1, alpha=1)
    if input._array.ndim == 1 and weight._array.ndim == 2:
        out = linear(shapes.unsqueeze(input, 0), weight, bias)
        return shapes.squeeze(out, 0)
    rows = shapes.reshape(input, -1, input._array.shape[-1])
    out = linear(rows, weight, bias)
    return shapes.reshape(out, *input._array.shape[:-1], weight._array.shape[0])
