"""RMSprop: a step whose size does not depend on the scale of the gradient.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from .arrays import average_, average_square_
from .blas import blend_, sub_
from .checks import check_implementation, check_options
from .optimizer import Optimizer

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Divides the gradient g by the root of a running average v of its square.

        v <- alpha v + (1 - alpha) g^2
        d  = g / (sqrt(v) + eps)
        p <- p - lr d

    centered:  a <- alpha a + (1 - alpha) g,   and v - a^2, the variance, is under the root
    momentum:  b <- momentum b + d,   and   p <- p - lr b

    All averages begin at zero. `weight_decay` adds weight_decay * p to g, `maximize` goes up
    instead. Raises ValueError for a negative option. `foreach` chooses between implementations in
    torch; here there is one. Sources: Hinton, Neural networks for machine learning, lecture 6e,
    2012; centered: Graves, Generating sequences with recurrent neural networks, arXiv:1308.0850.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.RMSprop([p], lr=0.1, alpha=0.75)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.8000, 99.8000], requires_grad=True)
    """

    newer_options = {
        "momentum": 0, "centered": False, "foreach": None, "maximize": False,
        "differentiable": False, "capturable": False,
    }  # fmt: skip
    counters = ("step",)

    def __init__(
        self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False,
        capturable=False, foreach=None, maximize=False, differentiable=False,
    ):  # fmt: skip
        check_options(lr=lr, eps=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable)

    def averages(self, group):
        wanted = {"momentum_buffer": group["momentum"] > 0, "grad_avg": group["centered"]}
        return "square_avg", *(name for name in wanted if wanted[name])

    def numbers(self, group, state, t):
        alpha = group["alpha"]
        return alpha, 1 - alpha, group["eps"], group["momentum"], group["lr"]

    def update(self, group, tmp, numbers, p, g, v, *more):
        alpha, new, eps, momentum, lr = numbers
        average_square_(v, g, alpha, new, tmp)
        if group["centered"]:
            a = more[-1]
            average_(a, g, new, tmp)
            np.multiply(a, a, out=tmp)  # v - a^2
            v = np.subtract(v, tmp, out=tmp)
        np.sqrt(v, out=tmp)
        tmp += eps
        d = np.divide(g, tmp, out=tmp)
        if group["momentum"] > 0:
            b = more[0]
            blend_(b, momentum, d)
            d = b
        sub_(p, d, lr, tmp)
