"""NAdam: Adam that looks ahead, as Nesterov's momentum does.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from .arrays import average_, average_square_, counter
from .checks import check_implementation, check_options
from .optimizer import Optimizer

__all__ = ["NAdam"]


class NAdam(Optimizer):
    """Adam whose step is taken from where the momentum is about to be.

    With (b1, b2) = betas, at step t = 1, 2, ...

        mu_t = b1 (1 - 0.96^(t momentum_decay) / 2)        M_t = mu_1 mu_2 ... mu_t

        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        n  = mu_(t+1) m / (1 - M_(t+1)) + (1 - mu_t) g / (1 - M_t)
        p <- p - lr n / (sqrt(v / (1 - b2^t)) + eps)

    m and v begin at zero. `weight_decay` adds weight_decay * p to g, or, with
    `decoupled_weight_decay`, first scales p by 1 - lr weight_decay. `maximize` goes up instead.
    Raises ValueError for an option outside its range. `foreach` chooses between implementations
    in torch; here there is one. Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.NAdam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.8944, 99.8944], requires_grad=True)
    """

    newer_options = {
        "maximize": False, "foreach": None, "capturable": False, "differentiable": False,
        "decoupled_weight_decay": False,
    }  # fmt: skip
    counters = ("step", "mu_product")

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, momentum_decay=4e-3,
        decoupled_weight_decay=False, *,
        foreach=None, maximize=False, capturable=False, differentiable=False,
    ):  # fmt: skip
        check_options(
            lr=lr, eps=eps, betas=betas, weight_decay=weight_decay, momentum_decay=momentum_decay
        )
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable)

    def averages(self, group):
        return "exp_avg", "exp_avg_sq"

    def new_state(self, group, p):
        return {"step": None, "mu_product": counter(1.0), **super().new_state(group, p)}

    def numbers(self, group, state, t):
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["momentum_decay"]
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (i * decay)) for i in (t, t + 1))
        product = state["mu_product"]
        product.mul_(mu)
        so_far = product.item()
        rate_m = lr * mu_next / (1 - so_far * mu_next)
        rate_g = lr * (1 - mu) / (1 - so_far)
        return 1 - beta1, beta2, 1 - beta2, 1 - beta2**t, group["eps"], rate_m, rate_g

    def update(self, group, tmp, numbers, p, g, m, v):
        new1, beta2, new2, correction, eps, rate_m, rate_g = numbers
        average_(m, g, new1, tmp)
        average_square_(v, g, beta2, new2, tmp)
        n = np.multiply(m, rate_m, out=self.scratch(2, p))
        n += np.multiply(g, rate_g, out=tmp)
        np.divide(v, correction, out=tmp)  # sqrt(v / (1 - b2^t)) + eps
        np.sqrt(tmp, out=tmp)
        tmp += eps
        n /= tmp
        p -= n
