"""Adagrad: the more an element has moved, the smaller its steps.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from ..tensor import wrap
from .blas import sub_
from .checks import check_implementation, check_options
from .optimizer import Optimizer

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Divides the gradient g by the root of the sum s of all its squares so far.

    At step t = 1, 2, ...

        s <- s + g^2
        p <- p - lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps)

    s begins at `initial_accumulator_value`. `weight_decay` adds weight_decay * p to g, `maximize`
    goes up instead. Raises ValueError for a negative option. `foreach` and `fused` choose between
    implementations in torch; here there is one. Source: Duchi, Hazan and Singer, Adaptive
    subgradient methods for online learning and stochastic optimization, JMLR 12, 2011.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.Adagrad([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.9000, 99.9000], requires_grad=True)
    """

    newer_options = {"foreach": None, "maximize": False, "differentiable": False, "fused": None}
    counters = ("step",)

    def __init__(
        self, params, lr=1e-2, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10,
        foreach=None, *, maximize=False, differentiable=False, fused=None,
    ):  # fmt: skip
        check_options(
            lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps,
        )  # fmt: skip
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable, foreach, fused)
        for group in self.param_groups:
            for p in group["params"]:
                self.state[p] = self.new_state(group, p)

    def averages(self, group):
        return ("sum",)

    def new_state(self, group, p):
        start = self.defaults["initial_accumulator_value"]
        return {**super().new_state(group, p), "sum": wrap(np.full_like(p._array, start))}

    def numbers(self, group, state, t):
        return group["eps"], group["lr"] / (1 + (t - 1) * group["lr_decay"])

    def update(self, group, tmp, numbers, p, g, s):
        eps, rate = numbers
        s += np.multiply(g, g, out=tmp)
        np.sqrt(s, out=tmp)
        tmp += eps
        np.divide(g, tmp, out=tmp)
        sub_(p, tmp, rate, tmp)
