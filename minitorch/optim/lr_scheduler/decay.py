"""Schedules that multiply: the rate of an epoch is a factor times the last one, or the first.

Floor 4: may import floors 0-3, and `scheduler.py`. Convention: a schedule of `_Multiplying` is two
numbers, `_factor()`, from the epoch before to this one, and `_closed_factor()`, from `initial_lr`
to this one. A factor of 1 is the integer, which leaves a rate as it is.
"""

from bisect import bisect_right
from collections import Counter

from .scheduler import LRScheduler, saved_function

__all__ = [
    "ConstantLR", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR",
    "PolynomialLR", "StepLR",
]  # fmt: skip

# ---- a factor given by a formula ---------------------------------------------------------------


class _Multiplying(LRScheduler):
    def get_lr(self):
        self._warn_outside_step()
        factor = self._factor()
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def _get_closed_form_lr(self):
        factor = self._closed_factor()
        return [base_lr * factor for base_lr in self.base_lrs]


class ExponentialLR(_Multiplying):
    """lr <- gamma lr, every epoch; closed form lr_0 gamma^t.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
    >>> for epoch in range(3):
    ...     opt.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.125]
    """

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self):
        return 1 if self._is_initial else self.gamma

    def _closed_factor(self):
        return self.gamma**self.last_epoch


class StepLR(_Multiplying):
    """lr <- gamma lr, every `step_size` epochs; closed form lr_0 gamma^floor(t / step_size).

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.StepLR(opt, step_size=2, gamma=0.5)
    >>> for epoch in range(4):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [1.0]
    [1.0]
    [0.5]
    [0.5]
    """

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self):
        between = self.last_epoch == 0 or self.last_epoch % self.step_size != 0
        return 1 if between else self.gamma

    def _closed_factor(self):
        return self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(_Multiplying):
    """lr <- gamma lr, at each epoch of `milestones`; closed form lr_0 gamma^(milestones <= t).

    A milestone that is listed twice counts twice.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.MultiStepLR(opt, milestones=[1, 3], gamma=0.5)
    >>> for epoch in range(4):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [1.0]
    [0.5]
    [0.5]
    [0.25]
    """

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _factor(self):
        times = self.milestones[self.last_epoch]
        return self.gamma**times if times else 1

    def _closed_factor(self):
        return self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)


class ConstantLR(_Multiplying):
    """lr_0 `factor` for the first `total_iters` epochs, then lr_0.

    Raises ValueError for a factor that is not between 0 and 1.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.ConstantLR(opt, factor=0.5, total_iters=2)
    >>> for epoch in range(3):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [0.5]
    [0.5]
    [1.0]
    """

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        if factor > 1.0 or factor < 0:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self):
        if self.last_epoch == 0:
            return self.factor
        return 1.0 / self.factor if self.last_epoch == self.total_iters else 1

    def _closed_factor(self):
        return self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)


class LinearLR(_Multiplying):
    """From lr_0 `start_factor` to lr_0 `end_factor` in `total_iters` equal steps.

        lr = lr_0 (start_factor + (end_factor - start_factor) min(t, total_iters) / total_iters)

    Raises ValueError for factors beyond 1 or below 0, or a start at 0.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.LinearLR(opt, start_factor=0.5, total_iters=2)
    >>> for epoch in range(3):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [0.5]
    [0.75]
    [1.0]
    """

    def __init__(
        self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5, last_epoch=-1
    ):
        if start_factor > 1.0 or start_factor <= 0:
            raise ValueError("Starting multiplicative factor expected to be greater than 0 and "
                             "less or equal to 1.")  # fmt: skip
        if end_factor > 1.0 or end_factor < 0:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _factor(self):
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        rise = self.end_factor - self.start_factor
        before = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return 1.0 + rise / before

    def _closed_factor(self):
        rise = self.end_factor - self.start_factor
        return self.start_factor + rise * min(self.total_iters, self.last_epoch) / self.total_iters


class PolynomialLR(_Multiplying):
    """lr_0 (1 - t / total_iters)^power, and 0 from `total_iters` on.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.PolynomialLR(opt, total_iters=2, power=2.0)
    >>> for epoch in range(3):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [1.0]
    [0.25]
    [0.0]
    """

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def _factor(self):
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        left = 1.0 - self.last_epoch / self.total_iters
        return (left / (1.0 - (self.last_epoch - 1) / self.total_iters)) ** self.power

    def _closed_factor(self):
        return (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power


# ---- a factor given by a function --------------------------------------------------------------


class _WithFunctions(LRScheduler):
    """One function of the epoch for each group, or one for all."""

    _unsaved = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        n = len(optimizer.param_groups)
        if not isinstance(lr_lambda, (list, tuple)):
            lr_lambda = [lr_lambda] * n
        if len(lr_lambda) != n:
            raise ValueError(f"Expected {n} lr_lambdas, but got {len(lr_lambda)}")
        self.lr_lambdas = list(lr_lambda)
        self._check_functions()
        super().__init__(optimizer, last_epoch)

    def _check_functions(self):
        """Raises for what a subclass does not take."""

    def state_dict(self):
        """The fields as a dict; of the functions only the fields of callable objects."""
        return {**super().state_dict(), "lr_lambdas": list(map(saved_function, self.lr_lambdas))}

    def load_state_dict(self, state_dict):
        """Takes over the fields from a `state_dict()`; plain functions stay as they are."""
        fields = dict(state_dict)
        for i, saved in enumerate(fields.pop("lr_lambdas")):
            if saved is not None:
                self.lr_lambdas[i].__dict__.update(saved)
        super().load_state_dict(fields)


class LambdaLR(_WithFunctions):
    """lr = lr_0 lr_lambda(t), with a function for all groups or a list of one for each.

    Raises ValueError if the list has another length than there are groups.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.LambdaLR(opt, lambda epoch: 1 / (1 + epoch))
    >>> opt.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def get_lr(self):
        self._warn_outside_step()
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base_lr * function(self.last_epoch) for base_lr, function in pairs]


class MultiplicativeLR(_WithFunctions):
    """lr <- lr lr_lambda(t), with a function for all groups or a list of one for each.

    Raises ValueError if the list has another length than there are groups, TypeError for what
    cannot be called.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.MultiplicativeLR(opt, lambda epoch: 0.5)
    >>> for epoch in range(2):
    ...     opt.step()
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def _check_functions(self):
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError("lr_lambda should be a function, but got "
                                f"{type(function).__name__}")  # fmt: skip

    def get_lr(self):
        self._warn_outside_step()
        pairs = zip(self.lr_lambdas, self.optimizer.param_groups, strict=True)
        if self._is_initial:
            return [group["lr"] for _, group in pairs]
        return [group["lr"] * function(self.last_epoch) for function, group in pairs]
