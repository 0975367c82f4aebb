"""Adam and AdamW: each element has a step size of its own.

Floor 4. The convention of `averages`, `numbers` and `update` is explained in `optimizer.py`.
"""

import numpy as np

from ..tensor import Tensor
from .arrays import average_, average_square_
from .blas import sub_
from .checks import check_implementation, check_one_number, check_options
from .optimizer import Optimizer

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Divides a running average m of the gradient g by the root of one, v, of its square.

    With (b1, b2) = betas, at step t = 1, 2, ...

        m <- b1 m + (1 - b1) g
        v <- b2 v + (1 - b2) g^2
        p <- p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

    m and v begin at zero, and 1 - b^t makes up for that. With `amsgrad`, v in the last line is
    its largest value so far. `weight_decay` adds weight_decay * p to g, or, with
    `decoupled_weight_decay`, first scales p by 1 - lr weight_decay. `maximize` goes up instead.
    Raises ValueError for an option outside its range. `foreach` and `fused` choose between
    implementations in torch; here there is one. Sources: Kingma and Ba, Adam: a method for
    stochastic optimization, arXiv:1412.6980; amsgrad: Reddi et al., On the convergence of Adam
    and beyond, arXiv:1904.09237.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.Adam([p], lr=0.1)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.9000, 99.9000], requires_grad=True)
    """

    newer_options = {
        "amsgrad": False, "maximize": False, "foreach": None, "capturable": False,
        "differentiable": False, "decoupled_weight_decay": False, "fused": None,
    }  # fmt: skip
    counters = ("step",)

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False, *,
        foreach=None, maximize=False, capturable=False, differentiable=False, fused=None,
        decoupled_weight_decay=False,
    ):  # fmt: skip
        check_adam(lr, betas, eps, weight_decay, foreach and not capturable)
        defaults = {
            "lr": lr, "betas": tuple(map(_scalar, betas)), "eps": eps,
            "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable,
            "fused": fused, "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)
        check_implementation(differentiable, foreach, fused)

    def averages(self, group):
        return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")[: 3 if group["amsgrad"] else 2]

    def numbers(self, group, state, t):
        if group["foreach"] and isinstance(group["lr"], Tensor) and not group["capturable"]:
            raise RuntimeError(_FOREACH.format("lr"))
        beta1, beta2 = group["betas"]
        root = (1 - beta2**t) ** 0.5
        return 1 - beta1, beta2, 1 - beta2, root, group["eps"], group["lr"] / (1 - beta1**t)

    def update(self, group, tmp, numbers, p, g, m, v, v_max=None):
        new1, beta2, new2, root, eps, rate = numbers
        average_(m, g, new1, tmp)
        average_square_(v, g, beta2, new2, tmp)
        if v_max is not None:
            v = np.maximum(v_max, v, out=v_max)
        np.sqrt(v, out=tmp)  # sqrt(v / (1 - b2^t)) + eps
        tmp /= root
        tmp += eps
        np.divide(m, tmp, out=tmp)  # lr (m / (1 - b1^t)) / that
        sub_(p, tmp, rate, tmp)


class AdamW(Adam):
    """Adam whose weight decay shrinks p directly, so that m and v never see it.

        p <- (1 - lr weight_decay) p, then the step of Adam

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, arXiv:1711.05101.

    >>> import minitorch
    >>> p = minitorch.tensor([1., 100.], requires_grad=True)
    >>> opt = minitorch.optim.AdamW([p], lr=0.1, weight_decay=0.5)
    >>> (p * p).sum().backward()
    >>> opt.step()
    >>> p
    tensor([ 0.8500, 94.9000], requires_grad=True)
    """

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False, *,
        maximize=False, foreach=None, capturable=False, differentiable=False, fused=None,
    ):  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
            capturable=capturable, differentiable=differentiable, fused=fused,
            decoupled_weight_decay=True,
        )  # fmt: skip

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:  # also after loading what an Adam saved
            group["decoupled_weight_decay"] = True


# ---- options -----------------------------------------------------------------------------------

_FOREACH = "{} as a Tensor is not supported for capturable=False and foreach=True"


def check_adam(lr, betas, eps, weight_decay, foreach):
    """torch's errors for options outside their range; tensors do not go with `foreach`."""
    if isinstance(lr, Tensor) and foreach:
        raise ValueError(_FOREACH.format("lr"))
    check_options(lr=lr, eps=eps, betas=betas, weight_decay=weight_decay)
    if not any(isinstance(betas[0], t) and isinstance(betas[1], t) for t in (float, Tensor)):
        raise ValueError("betas must be either both floats or both Tensors")
    if isinstance(betas[0], Tensor) and foreach:
        raise ValueError(_FOREACH.format("betas[0]"))
    for i in (0, 1):
        check_one_number(f"betas[{i}]", betas[i])


def _scalar(x):
    return x.squeeze() if isinstance(x, Tensor) and x.ndim else x
