"""Gradient clipping: make the gradients smaller, between `backward()` and `step()`.

May import floors 0-3. Convention: parameters without a gradient are passed over, gradients are
changed in place, nothing is recorded. `foreach` chooses among torch's kernels; there is one here.
"""

import types
import warnings

from ...linalg import vector_norm
from ...modes import no_grad
from ...ops.joining import stack
from ...tensor import Tensor, tensor


def _listed(tensors):
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads_of(parameters):
    return [p.grad for p in parameters if p.grad is not None]


@no_grad()
def clip_grad_value_(parameters, clip_value, foreach=None):
    """Limit every element of the gradients to between -`clip_value` and `clip_value`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> w = nn.Parameter(minitorch.zeros(3))
    >>> w.grad = minitorch.tensor([-5., 0.5, 5.])
    >>> nn.utils.clip_grad_value_([w], 1)
    >>> w.grad
    tensor([-1.0000,  0.5000,  1.0000])
    """
    clip_value = float(clip_value)
    for grad in _grads_of(_listed(parameters)):
        grad.clamp_(-clip_value, clip_value)


@no_grad()
def get_total_norm(tensors, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """The norm of all elements of all tensors, as if they were one vector.

    0 without tensors. With `error_if_nonfinite` an infinite or NaN norm raises RuntimeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.utils.get_total_norm([minitorch.tensor([3.]), minitorch.tensor([[4.]])])
    tensor(5.)
    """
    tensors, norm_type = _listed(tensors), float(norm_type)
    if not tensors:
        return tensor(0.0)
    total_norm = vector_norm(stack([vector_norm(t, norm_type) for t in tensors]), norm_type)
    if error_if_nonfinite and not total_norm.isfinite():
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total_norm


@no_grad()
def clip_grads_with_norm_(parameters, max_norm, total_norm, foreach=None):
    """Multiply the gradients by max_norm / `total_norm`, unless that would make them larger."""
    max_norm = float(max_norm)
    factor = (max_norm / (total_norm + 1e-6)).clamp(max=1.0)
    for grad in _grads_of(_listed(parameters)):
        grad.mul_(factor)


@no_grad()
def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False, foreach=None):
    """Shrink all gradients by one factor, so that their total norm is at most `max_norm`.

    Returns the norm from before. An empty generator (a used-up `model.parameters()`) is warned of.

    >>> import minitorch
    >>> from minitorch import nn
    >>> w = nn.Parameter(minitorch.zeros(2))
    >>> w.grad = minitorch.tensor([3., 4.])
    >>> nn.utils.clip_grad_norm_([w], max_norm=1)
    tensor(5.)
    >>> w.grad
    tensor([0.6000, 0.8000])
    """
    is_generator = isinstance(parameters, types.GeneratorType)
    parameters = _listed(parameters)
    if is_generator and not parameters:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur.", stacklevel=3
        )
    total_norm = get_total_norm(_grads_of(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total_norm, foreach)
    return total_norm
