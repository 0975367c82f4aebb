"""Adadelta: steps as long as the last ones were, so that p keeps its unit.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from .arrays import average_square_
from .blas import sub_
from .checks import check_implementation, check_options
from .optimizer import Optimizer

__all__ = ["Adadelta"]


class Adadelta(Optimizer):
    """Scales the gradient g by the ratio of the average step d to the average gradient.

        v <- rho v + (1 - rho) g^2
        d  = sqrt(u + eps) / sqrt(v + eps) g
        u <- rho u + (1 - rho) d^2
        p <- p - lr d

    u and v begin at zero, so that eps decides about the first steps. `weight_decay` adds
    weight_decay * p to g, `maximize` goes up instead. Raises ValueError for an option outside its
    range. `foreach` chooses between implementations in torch; here there is one. Source: Zeiler,
    ADADELTA: an adaptive learning rate method, arXiv:1212.5701.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.Adadelta([p], eps=0.01)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.6877, 99.6838], requires_grad=True)
    """

    newer_options = {
        "foreach": None, "maximize": False, "differentiable": False, "capturable": False,
    }  # fmt: skip
    counters = ("step",)

    def __init__(
        self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0, foreach=None, *,
        capturable=False, maximize=False, differentiable=False,
    ):  # fmt: skip
        check_options(lr=lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_options(eps=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable)

    def averages(self, group):
        return "square_avg", "acc_delta"

    def numbers(self, group, state, t):
        return group["rho"], 1 - group["rho"], group["eps"], group["lr"]

    def update(self, group, tmp, numbers, p, g, v, u):
        rho, new, eps, lr = numbers
        average_square_(v, g, rho, new, tmp)
        d = np.add(u, eps, out=self.scratch(2, p))  # sqrt(u + eps) / sqrt(v + eps) g
        np.add(v, eps, out=tmp)
        np.sqrt(d, out=d)
        np.sqrt(tmp, out=tmp)
        d /= tmp
        d *= g
        average_square_(u, d, rho, new, tmp)
        sub_(p, d, lr, tmp)
