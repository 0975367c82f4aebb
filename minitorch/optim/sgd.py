"""SGD: down the gradient, or along a running average of it.

Floor 4. The convention of `begin` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from ..tensor import Tensor, wrap
from .optimizer import Optimizer, check_implementation

__all__ = ["SGD"]


class SGD(Optimizer):
    """Goes down the gradient g, with momentum along a running average b of it.

    With momentum = 0:   p <- p - lr g
    Otherwise:           b <- momentum b + (1 - dampening) g      (b <- g at the first step)
                         p <- p - lr b
    With nesterov:       p <- p - lr (g + momentum b)

    `weight_decay` adds weight_decay * p to g, `maximize` goes up instead. Raises ValueError for
    a negative option. `foreach` and `fused` choose between implementations in torch; here there
    is one.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 2.], requires_grad=True)
    >>> opt = minitorch.optim.SGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    def __init__(
        self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
        maximize=False, foreach=None, differentiable=False, fused=None,
    ):  # fmt: skip
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        if lr < 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(fused, differentiable, foreach)

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)
            group.setdefault("maximize", False)
            group.setdefault("foreach", None)
            group.setdefault("differentiable", False)
            group.setdefault("fused", False)

    def begin(self, group, p):
        if group["momentum"] == 0:
            return (), (group["lr"],)
        state, keep = self.state[p], 1 - group["dampening"]
        if state.get("momentum_buffer") is None:
            # The first b is g itself: -0.0 plus anything is that thing, its sign included.
            state["momentum_buffer"] = wrap(np.full_like(p._array, -0.0))
            keep = 1
        return (state["momentum_buffer"],), (group["lr"], group["momentum"], keep)

    def update(self, group, tmp, numbers, p, g, b=None):
        lr, *rest = numbers
        if b is not None:
            momentum, keep = rest
            b *= momentum
            b += np.multiply(g, keep, out=tmp) if group["dampening"] else g
            g = np.add(g, np.multiply(b, momentum, out=tmp), out=tmp) if group["nesterov"] else b
        p -= np.multiply(g, lr, out=tmp)
