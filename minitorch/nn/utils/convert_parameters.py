"""All parameters as one vector, and back: for what is written for vectors.

May import floors 0-3.
"""

from ...ops.joining import cat
from ...tensor import Tensor
from ..names import typename


def parameters_to_vector(parameters):
    """The elements of all parameters, one after the other; gradients flow back through it.

    >>> from minitorch import nn
    >>> nn.utils.parameters_to_vector(nn.Linear(2, 3).parameters()).shape
    torch.Size([9])
    """
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec, parameters):
    """Give the parameters the numbers of `vec`, in order; they then share its memory.

    Too few numbers raise RuntimeError, and no parameter is changed.

    >>> import minitorch
    >>> from minitorch import nn
    >>> w, b = nn.Parameter(minitorch.zeros(1, 2)), nn.Parameter(minitorch.zeros(1))
    >>> nn.utils.vector_to_parameters(minitorch.tensor([1., 2., 3.]), [w, b])
    >>> w.tolist(), b.tolist()
    ([[1.0, 2.0]], [3.0])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    pieces, start = [], 0
    for parameter in parameters:
        end = start + parameter.numel()
        pieces.append((parameter, vec[start:end].view_as(parameter).data))
        start = end
    for parameter, piece in pieces:
        parameter.data = piece
