"""Normalisation: over the batch, over space, or over the features of one sample.

May import floors 0-3. Convention: `weight` starts as ones and `bias` as zeros; running statistics
are buffers, so that they are saved and moved with the module, and never learned.
"""

import numbers
import warnings

from .. import functional as F
from ..dtypes import int64
from ..ops.creation import empty, ones, zeros
from . import init
from .module import Module
from .parameter import Parameter

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "LayerNorm",
    "RMSNorm",
]  # fmt: skip


class _Affine(Module):
    """A module that may scale and shift what it has normalised."""

    def _add_affine(self, shape, device, dtype, **wanted):
        """Register `weight` and `bias`, or None in the place of one that is not wanted."""
        for name, yes in wanted.items():
            value = Parameter(empty(shape, device=device, dtype=dtype)) if yes else None
            self.register_parameter(name, value)

    def reset_parameters(self):
        """Ones for the weight, zeros for the bias."""
        if self.weight is not None:
            init.ones_(self.weight)
        if getattr(self, "bias", None) is not None:
            init.zeros_(self.bias)


# ---- within a sample ---------------------------------------------------------------------------


def _shape_of(normalized_shape):
    one = isinstance(normalized_shape, numbers.Integral)
    return (normalized_shape,) if one else tuple(normalized_shape)


class LayerNorm(_Affine):
    """y = (x - mean) / sqrt(var + eps) * weight + bias over the last dimensions, in each sample.

    `normalized_shape` are their sizes; `var` is biased. Shapes: (*, *normalized_shape) to the same.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.LayerNorm(2)(minitorch.tensor([[0., 2.], [5., 5.]])).detach()
    tensor([[-1.0000,  1.0000],
            [ 0.0000,  0.0000]])
    """

    def __init__(
        self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, device=None,
        dtype=None,
    ):  # fmt: skip
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = affine = elementwise_affine
        self._add_affine(self.normalized_shape, device, dtype, weight=affine, bias=affine and bias)
        self.reset_parameters()

    def forward(self, input):
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )


class RMSNorm(_Affine):
    """y = x / sqrt(mean(x^2) + eps) * weight over the last dimensions; `eps` None is the dtype's.

    Shapes: (*, *normalized_shape) to the same.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.RMSNorm(2)(minitorch.tensor([1., 7.])).detach()
    tensor([0.2000, 1.4000])
    """

    def __init__(
        self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None
    ):
        super().__init__()
        self.normalized_shape = _shape_of(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self._add_affine(self.normalized_shape, device, dtype, weight=elementwise_affine)
        self.reset_parameters()

    def forward(self, x):
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self):
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(_Affine):
    """As `LayerNorm`, over each of `num_groups` groups of channels with their space.

    Shapes: (N, C, *) to the same; `weight` and `bias` are (C). Channels that cannot be grouped
    evenly raise ValueError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.GroupNorm(1, 2)(minitorch.tensor([[0., 2.]])).detach()
    tensor([[-1.0000,  1.0000]])
    """

    def __init__(
        self, num_groups, num_channels, eps=1e-5, affine=True, device=None, dtype=None, *, bias=True
    ):
        super().__init__()
        if num_channels % num_groups != 0:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self._add_affine(num_channels, device, dtype, weight=affine, bias=affine and bias)
        self.reset_parameters()

    def forward(self, input):
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self):
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


# ---- with running statistics -------------------------------------------------------------------


class _NormBase(_Affine):
    """What batch and instance normalisation share: running statistics in three buffers."""

    _version = 2  # 1 had no num_batches_tracked

    def __init__(
        self, num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
    ):
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self._add_affine(num_features, device, dtype, weight=affine, bias=affine and bias)
        mean = var = count = None
        if track_running_stats:
            mean = zeros(num_features, device=device, dtype=dtype)
            var = ones(num_features, device=device, dtype=dtype)
            count = zeros((), device=device, dtype=int64)
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("num_batches_tracked", count)
        self.reset_parameters()

    def reset_running_stats(self):
        """Forget what was seen: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self):
        """Forget what was seen and learned."""
        self.reset_running_stats()
        super().reset_parameters()

    def _check_input_dim(self, input):
        if input.dim() not in self._dims:
            *others, last = self._dims
            said = " or ".join(f"{d}D" for d in (*others, last))
            raise ValueError(f"expected {said} input (got {input.dim()}D input)")

    def extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args):
        key = prefix + "num_batches_tracked"
        old = local_metadata.get("version") is None or local_metadata["version"] < 2
        if old and self.track_running_stats and key not in state_dict:
            count = self.num_batches_tracked
            known = count is not None and not count.is_meta
            state_dict[key] = count if known else zeros((), dtype=int64)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


class _BatchNorm(_NormBase):
    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True,
        device=None, dtype=None, *, bias=True,
    ):  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input):
        self._check_input_dim(input)
        training, tracking, momentum = self.training, self.track_running_stats, self.momentum
        if momentum is None:
            momentum = 0.0
        if training and tracking and (count := self.num_batches_tracked) is not None:
            count._bump()
            count._array += 1
            if self.momentum is None:  # the plain mean over all batches so far
                momentum = 1.0 / float(count)
        mean, var = self.running_mean, self.running_var
        if training and not tracking:
            mean = var = None
        own = True if training else mean is None and var is None
        return F.batch_norm(input, mean, var, self.weight, self.bias, own, momentum, self.eps)


class BatchNorm1d(_BatchNorm):
    """y = (x - mean) / sqrt(var + eps) * weight + bias, for each channel over the whole batch.

    In training `mean` and `var` (biased) are the batch's, and the running ones move towards them:
    running = (1 - momentum) * running + momentum * batch, with the unbiased variance; `momentum`
    None means the plain average. In evaluation the running ones are used. Shapes: (N, C) or
    (N, C, L) to the same. One value for each channel in training raises ValueError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.BatchNorm1d(1)
    >>> m(minitorch.tensor([[0.], [2.]])).detach(), m.running_mean, m.running_var
    (tensor([[-1.0000],
            [ 1.0000]]), tensor([0.1000]), tensor([1.1000]))
    >>> m.eval()(minitorch.tensor([[1.1]])).detach()
    tensor([[0.9535]])
    """

    _dims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """As `BatchNorm1d`, over the batch and the plane: (N, C, H, W) to the same.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.BatchNorm2d(3, affine=False)
    >>> m(minitorch.zeros(2, 3, 4, 4)).shape, list(m.state_dict())
    (torch.Size([2, 3, 4, 4]), ['running_mean', 'running_var', 'num_batches_tracked'])
    """

    _dims = (4,)


class _InstanceNorm(_NormBase):
    def __init__(
        self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False,
        device=None, dtype=None, *, bias=True,
    ):  # fmt: skip
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias
        )

    def forward(self, input):
        self._check_input_dim(input)
        unbatched, _ = self._dims
        self._check_channels(input, input.dim() - unbatched)
        x = input.unsqueeze(0) if input.dim() == unbatched else input
        out = F.instance_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return out.squeeze(0) if input.dim() == unbatched else out

    def _check_channels(self, input, dim):
        given = input.size(dim)
        if given != self.num_features and self.affine:
            raise ValueError(
                f"expected input's size at dim={dim} to match num_features "
                f"({self.num_features}), but got: {given}."
            )
        if given != self.num_features:
            warnings.warn(
                f"input's size at dim={dim} does not match num_features. You can silence this "
                "warning by not passing in num_features, which is not used because affine=False",
                stacklevel=3,
            )

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        if local_metadata.get("version") is None and not self.track_running_stats:
            keys = [prefix + name for name in ("running_mean", "running_var")]
            keys = [key for key in keys if key in state_dict]
            if keys:
                error_msgs.append(_OLD_STATISTICS.format(
                    " and ".join(f'"{key}"' for key in keys), type(self).__name__
                ))  # fmt: skip
            for key in keys:
                state_dict.pop(key)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


_OLD_STATISTICS = (
    "Unexpected running stats buffer(s) {0} for {1} with track_running_stats=False. If state_dict "
    "is a checkpoint saved before 0.4.0, this may be expected because {1} does not track running "
    "stats by default since 0.4.0. Please remove these keys from state_dict. If the running stats "
    "are actually needed, instead set track_running_stats=True in {1} to enable them. See the "
    "documentation of {1} for details."
)


class InstanceNorm1d(_InstanceNorm):
    """As `BatchNorm1d`, but each sample on its own: (N, C, L) or (C, L) to the same.

    Without `affine` and `track_running_stats`, as it is by default, it has no state. One value for
    each channel raises ValueError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.InstanceNorm1d(1)(minitorch.tensor([[[0., 2.]], [[10., 30.]]]))
    tensor([[[-1.0000,  1.0000]],
    <BLANKLINE>
            [[-1.0000,  1.0000]]])
    """

    _dims = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """As `InstanceNorm1d`, over the plane: (N, C, H, W) or (C, H, W) to the same.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.InstanceNorm2d(3)(minitorch.zeros(3, 4, 4)).shape
    torch.Size([3, 4, 4])
    """

    _dims = (3, 4)
