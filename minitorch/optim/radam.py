"""RAdam: Adam that trusts its average square only when enough gradients are in it.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from .arrays import average_, average_square_
from .blas import sub_
from .checks import check_implementation, check_options
from .optimizer import Optimizer

__all__ = ["RAdam"]


class RAdam(Optimizer):
    """Adam with a warm-up of its own: at first plain momentum, then adaptive by a growing factor.

    With (b1, b2) = betas, at step t = 1, 2, ...

        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        R = 2 / (1 - b2) - 1                            gradients that v remembers in the long run
        r = R - 2 t b2^t / (1 - b2^t)                   and that it remembers by now
        if r > 5:
            f = sqrt((r - 4) (r - 2) R / ((R - 4) (R - 2) r))
            p <- p - lr f (m / (1 - b1^t)) sqrt(1 - b2^t) / (sqrt(v) + eps)
        else:
            p <- p - lr m / (1 - b1^t)

    m and v begin at zero. `weight_decay` adds weight_decay * p to g, or, with
    `decoupled_weight_decay`, first scales p by 1 - lr weight_decay. `maximize` goes up instead.
    Raises ValueError for an option outside its range. `foreach` chooses between implementations
    in torch; here there is one. Source: Liu et al., On the variance of the adaptive learning
    rate and beyond, arXiv:1908.03265.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.RAdam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.8000, 80.0000], requires_grad=True)
    """

    newer_options = {
        "foreach": None, "maximize": False, "differentiable": False,
        "decoupled_weight_decay": False, "capturable": False,
    }  # fmt: skip
    counters = ("step",)

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0,
        decoupled_weight_decay=False, *,
        foreach=None, maximize=False, capturable=False, differentiable=False,
    ):  # fmt: skip
        check_options(lr=lr, eps=eps, betas=betas, weight_decay=weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable)

    def averages(self, group):
        return "exp_avg", "exp_avg_sq"

    def numbers(self, group, state, t):
        beta1, beta2 = group["betas"]
        # `float`: others divide a tensor lr in its own dtype, torch's RAdam multiplies m by it.
        correction, rate = 1 - beta2**t, float(group["lr"]) / (1 - beta1**t)
        long_run = 2 / (1 - beta2) - 1
        by_now = long_run - 2 * t * beta2**t / correction
        adaptive = by_now > 5
        if adaptive:
            factor = (by_now - 4) * (by_now - 2) * long_run
            factor /= (long_run - 4) * (long_run - 2) * by_now
            rate *= (factor * correction) ** 0.5
        return 1 - beta1, beta2, 1 - beta2, group["eps"], rate, adaptive

    def update(self, group, tmp, numbers, p, g, m, v):
        new1, beta2, new2, eps, rate, adaptive = numbers
        average_(m, g, new1, tmp)
        average_square_(v, g, beta2, new2, tmp)
        if adaptive:
            np.sqrt(v, out=tmp)
            tmp += eps
            np.divide(m, tmp, out=tmp)
            m = tmp
        sub_(p, m, rate, tmp)  # the rate has f and the corrections in it
