"""Adamax: Adam with the largest gradient in place of the root of the average square.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from .arrays import average_
from .blas import sub_
from .checks import check_implementation, check_options
from .optimizer import Optimizer

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Divides a running average m of the gradient g by u, its largest size, slowly forgotten.

    With (b1, b2) = betas, at step t = 1, 2, ...

        m <- b1 m + (1 - b1) g
        u <- max(b2 u, |g| + eps)
        p <- p - lr (m / (1 - b1^t)) / u

    m and u begin at zero. `weight_decay` adds weight_decay * p to g, `maximize` goes up instead.
    Raises ValueError for an option outside its range. `foreach` chooses between implementations
    in torch; here there is one. Source: Kingma and Ba, Adam: a method for stochastic
    optimization, section 7.1, arXiv:1412.6980.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.Adamax([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.9000, 99.9000], requires_grad=True)
    """

    newer_options = {
        "foreach": None, "maximize": False, "differentiable": False, "capturable": False,
    }  # fmt: skip
    counters = ("step",)

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, foreach=None, *,
        maximize=False, differentiable=False, capturable=False,
    ):  # fmt: skip
        check_options(lr=lr, eps=eps, betas=betas, weight_decay=weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable)

    def averages(self, group):
        return "exp_avg", "exp_inf"

    def numbers(self, group, state, t):
        beta1, beta2 = group["betas"]
        return 1 - beta1, beta2, group["eps"], group["lr"] / (1 - beta1**t)

    def update(self, group, tmp, numbers, p, g, m, u):
        new1, beta2, eps, rate = numbers
        average_(m, g, new1, tmp)
        u *= beta2  # max(b2 u, |g| + eps)
        np.absolute(g, out=tmp)
        tmp += eps
        np.maximum(u, tmp, out=u)
        np.divide(m, u, out=tmp)  # lr (m / (1 - b1^t)) / u
        sub_(p, tmp, rate, tmp)
