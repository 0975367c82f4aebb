"""SGD: down the gradient, or along a running average of it.

Floor 4. The convention of `begin` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from ..tensor import wrap
from .blas import blend_, sub_
from .checks import check_implementation, check_one_number
from .optimizer import Optimizer

__all__ = ["SGD"]


class SGD(Optimizer):
    """Goes down the gradient g, with momentum along a running average b of it.

    With momentum = 0:   p <- p - lr g
    Otherwise:           b <- momentum b + (1 - dampening) g      (b <- g at the first step)
                         p <- p - lr b
    With nesterov:       p <- p - lr (g + momentum b)

    `weight_decay` adds weight_decay * p to g, `maximize` goes up instead. Raises ValueError for
    a negative option. `foreach` and `fused` choose between implementations in torch; here there
    is one. Source: Sutskever et al., On the importance of initialization and momentum in deep
    learning, 2013.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 2.], requires_grad=True)
    >>> opt = minitorch.optim.SGD([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([0.8000, 1.6000], requires_grad=True)
    """

    newer_options = {
        "nesterov": False, "maximize": False, "foreach": None, "differentiable": False,
        "fused": False,
    }  # fmt: skip

    def __init__(
        self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False, *,
        maximize=False, foreach=None, differentiable=False, fused=None,
    ):  # fmt: skip
        check_one_number("lr", lr)
        if lr < 0.0:  # unlike the other optimizers, torch's SGD lets nan pass
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
        check_implementation(differentiable, foreach, fused)

    # SGD counts no steps, and without momentum it has no state: the whole of `begin` is its own.

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
            blend_(b, momentum, g, keep if group["dampening"] else None, tmp)
            g = np.add(g, np.multiply(b, momentum, out=tmp), out=tmp) if group["nesterov"] else b
        sub_(p, g, lr, tmp)
