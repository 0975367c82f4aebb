"""Schedules along half a cosine wave, once or again and again.

Floor 4: may import floors 0-3, and `scheduler.py`. Convention: `_annealed` is the formula of both;
its angle is 0 at the highest rate and pi at the lowest.
"""

import math

from .scheduler import LRScheduler

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class _Cosine(LRScheduler):
    def _annealed(self, angle):
        low, part = self.eta_min, 1 + math.cos(angle)
        return [low + (base_lr - low) * part / 2 for base_lr in self.base_lrs]


class CosineAnnealingLR(_Cosine):
    """From lr_0 down to `eta_min` in `T_max` epochs, along a cosine, then up again, and so on.

        lr = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2

    The chainable form multiplies the distance to `eta_min` by the ratio of two such brackets.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=2)
    >>> for epoch in range(3):
    ...     print(f"{scheduler.get_last_lr()[0]:.1f}")
    ...     opt.step()
    ...     scheduler.step()
    1.0
    0.5
    0.0
    """

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        self._warn_outside_step()
        rates = [group["lr"] for group in self.optimizer.param_groups]
        if self._is_initial:
            return rates
        low, t, period = self.eta_min, self.last_epoch, self.T_max
        if self._step_count == 1 and t > 0:  # loaded in the middle: there is no step before
            return self._annealed(math.pi * t / period)
        if (t - 1 - period) % (2 * period) == 0:  # up from the lowest point, where the ratio is 1/0
            rise = 1 - math.cos(math.pi / period)
            return [lr + (base - low) * rise / 2 for lr, base in zip(rates, self.base_lrs)]
        before = 1 + math.cos(math.pi * (t - 1) / period)
        ratio = (1 + math.cos(math.pi * t / period)) / before
        return [ratio * (lr - low) + low for lr in rates]

    def _get_closed_form_lr(self):
        return self._annealed(math.pi * self.last_epoch / self.T_max)


class CosineAnnealingWarmRestarts(_Cosine):
    """From lr_0 down to `eta_min` along a cosine, again and again.

        lr = eta_min + (lr_0 - eta_min) (1 + cos(pi T_cur / T_i)) / 2

    T_cur epochs have passed since the last restart, T_i are between it and the next: `T_0` at
    first, `T_mult` times as many after each. `step(epoch)` may be called with a fraction, after
    each batch. Raises ValueError for periods that are no positive integers, and for an epoch below
    zero.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.lr_scheduler.CosineAnnealingWarmRestarts(opt, T_0=2)
    >>> for epoch in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.1f}")
    ...     opt.step()
    ...     scheduler.step()
    1.0
    0.5
    1.0
    0.5
    """

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type "
                             f"{type(eta_min)}")  # fmt: skip
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        self._warn_outside_step()
        return self._annealed(math.pi * self.T_cur / self.T_i)

    def step(self, epoch=None):
        """Goes on to the next epoch, or to `epoch`, which may be a fraction."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._find_period(epoch)
        self.last_epoch = math.floor(epoch)
        self._set_rates(self.get_lr)

    def _find_period(self, epoch):
        """Sets T_i and T_cur for an epoch: the periods before it are a geometric series."""
        first, growth = self.T_0, self.T_mult
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        if epoch < first:
            self.T_i, self.T_cur = first, epoch
        elif growth == 1:
            self.T_cur = epoch % first
        else:
            n = int(math.log(epoch / first * (growth - 1) + 1, growth))
            self.T_cur = epoch - first * (growth**n - 1) / (growth - 1)
            self.T_i = first * growth**n
