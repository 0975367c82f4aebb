"""Schedules that go up and come down again, the momentum the other way; a step is a batch.

Floor 4: may import floors 0-3, and `scheduler.py`. Convention: the momentum is "momentum" of a
group, or the first of its "betas".
"""

import math

from .scheduler import (
    LRScheduler,
    check_optimizer,
    check_strategy,
    one_each,
    saved_function,
    set_value,
)

__all__ = ["CyclicLR", "OneCycleLR"]


class _WithMomentum(LRScheduler):
    def _find_momentum(self):
        """Sees how the optimizer calls its momentum; ValueError if it has none."""
        defaults = self.optimizer.defaults
        if "momentum" not in defaults and "betas" not in defaults:
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` "
                             "option enabled")  # fmt: skip
        self.use_beta1 = "betas" in defaults

    def _begin_momentum(self, lowest, highest):
        for group, low, high in zip(self.optimizer.param_groups, lowest, highest):
            self._set_momentum(group, high)
            group["max_momentum"] = high
            group["base_momentum"] = low

    def _set_momentum(self, group, momentum):
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(_WithMomentum):
    """Straight up from `base_lr` to `max_lr` and down again, again and again.

        lr = base_lr + (max_lr - base_lr) height scale

    `height` goes from 0 to 1 in `step_size_up` steps and back in `step_size_down`. `scale` is 1
    (mode "triangular"), is halved after each cycle ("triangular2"), or is gamma^t ("exp_range");
    or it is `scale_fn` of the cycle's number or, with `scale_mode="iterations"`, of t. The momentum
    goes from `max_momentum` down to `base_momentum` and up again. Raises TypeError for what is no
    Optimizer, ValueError for an unknown mode, lists of the wrong length and an optimizer without
    momentum.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], momentum=0.9)
    >>> cyclic = minitorch.optim.lr_scheduler.CyclicLR(opt, 1.0, 2.0, step_size_up=2)
    >>> for batch in range(4):
    ...     print(cyclic.get_last_lr(), round(opt.param_groups[0]["momentum"], 2))
    ...     opt.step()
    ...     cyclic.step()
    [1.0] 0.9
    [1.5] 0.85
    [2.0] 0.8
    [1.5] 0.85
    """

    def __init__(
        self, optimizer, base_lr, max_lr, step_size_up=2000, step_size_down=None,
        mode="triangular", gamma=1.0, scale_fn=None, scale_mode="cycle", cycle_momentum=True,
        base_momentum=0.8, max_momentum=0.9, last_epoch=-1,
    ):  # fmt: skip
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = one_each("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, base_lrs):
                set_value(group, "lr", lr)
        self.max_lrs = one_each("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        if scale_fn is None:
            scale_mode = "iterations" if mode == "exp_range" else "cycle"
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._find_momentum()
            self.base_momentums = one_each("base_momentum", optimizer, base_momentum)
            self.max_momentums = one_each("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                self._begin_momentum(self.base_momentums, self.max_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x):
        """The scale in cycle x = 1, 2, ..., or at step x: see `scale_mode`."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        if self.mode == "triangular":
            return 1.0
        return 1 / 2.0 ** (x - 1) if self.mode == "triangular2" else self.gamma**x

    def get_lr(self):
        self._warn_outside_step()
        cycles = self.last_epoch / self.total_size
        cycle = math.floor(1 + cycles)
        x = 1.0 + cycles - cycle  # how much of this cycle is over
        up = self.step_ratio
        height = x / up if x <= up else (x - 1) / (up - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(
                self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True
            ):
                self._set_momentum(group, high - (high - low) * height * scale)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * height * scale for low, high in pairs]

    def state_dict(self):
        """The fields as a dict; of `scale_fn` only the fields of a callable object."""
        fields = super().state_dict()
        scale_fn = fields.pop("_scale_fn_custom")
        return {**fields, "_scale_fn_custom": scale_fn and saved_function(scale_fn)}

    def load_state_dict(self, state_dict):
        """Takes over the fields from a `state_dict()`; a plain `scale_fn` stays as it is."""
        fields = dict(state_dict)
        saved = fields.pop("_scale_fn_custom")
        if saved is not None:
            self._scale_fn_custom.__dict__.update(saved)
        super().load_state_dict(fields)


# ---- one cycle for a whole training ------------------------------------------------------------


def _phase(end_step, start_lr, end_lr, start_momentum, end_momentum):
    """The keys of a group whose values a phase begins and ends with."""
    return {
        "end_step": end_step, "start_lr": start_lr, "end_lr": end_lr,
        "start_momentum": start_momentum, "end_momentum": end_momentum,
    }  # fmt: skip


def _phases(steps, pct_start, three):
    up = float(pct_start * steps) - 1
    last = steps - 1
    rise = _phase(up, "initial_lr", "max_lr", "max_momentum", "base_momentum")
    if not three:
        return [rise, _phase(last, "max_lr", "min_lr", "base_momentum", "max_momentum")]
    down = float(2 * pct_start * steps) - 2
    return [
        rise,
        _phase(down, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
        _phase(last, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
    ]


def _count_steps(total_steps, epochs, steps_per_epoch):
    counts = {"total_steps": total_steps}
    if total_steps is None:
        if epochs is None or steps_per_epoch is None:
            raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
        counts = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    for name, count in counts.items():
        if not isinstance(count, int) or count <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {count}")
    return math.prod(counts.values())


class OneCycleLR(_WithMomentum):
    """One cycle for a whole training: up to `max_lr`, then down to almost nothing.

    From max_lr / div_factor, in the part `pct_start` of all steps to max_lr, then to
    max_lr / div_factor / final_div_factor; with `three_phase` first down as fast as up. Along a
    cosine, or straight (`anneal_strategy="linear"`). The momentum goes from `max_momentum` to
    `base_momentum` and back. The number of steps is `total_steps` or `epochs` times
    `steps_per_epoch`. Raises TypeError for what is no Optimizer, ValueError for an option outside
    its range, an optimizer without momentum, and a step beyond the last.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)])
    >>> scheduler = minitorch.optim.lr_scheduler.OneCycleLR(opt, max_lr=1.0, total_steps=10)
    >>> for batch in range(9):
    ...     if batch % 2 == 0:
    ...         print(f"{scheduler.get_last_lr()[0]:.3f}")
    ...     opt.step()
    ...     scheduler.step()
    0.040
    1.000
    0.812
    0.389
    0.050
    """

    def __init__(
        self, optimizer, max_lr, total_steps=None, epochs=None, steps_per_epoch=None,
        pct_start=0.3, anneal_strategy="cos", cycle_momentum=True, base_momentum=0.85,
        max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False, last_epoch=-1,
    ):  # fmt: skip
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = _count_steps(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = _phases(self.total_steps, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        self._anneal_func_type = check_strategy(anneal_strategy)
        for group, highest in zip(optimizer.param_groups, one_each("max_lr", optimizer, max_lr)):
            if last_epoch == -1:
                group["initial_lr"] = highest / div_factor
                group["max_lr"] = highest
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._find_momentum()
            highest = one_each("max_momentum", optimizer, max_momentum)
            lowest = one_each("base_momentum", optimizer, base_momentum)
            if last_epoch == -1:
                self._begin_momentum(lowest, highest)
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        self._warn_outside_step()
        if self.last_epoch > self.total_steps:
            raise ValueError(f"Tried to step {self.last_epoch} times. The specified number of "
                             f"total steps is {self.total_steps}")  # fmt: skip
        phase, part = self._find_phase()

        def annealed(group, kind):
            start, end = group[phase[f"start_{kind}"]], group[phase[f"end_{kind}"]]
            return self._anneal(start, end, part)

        groups = self.optimizer.param_groups
        rates = [annealed(group, "lr") for group in groups]
        if self.cycle_momentum:
            for group in groups:
                self._set_momentum(group, annealed(group, "momentum"))
        return rates

    def _find_phase(self):
        """The phase of this step, and how much of it is over."""
        start = 0.0
        for phase in self._schedule_phases:
            end = phase["end_step"]
            if self.last_epoch <= end:
                break
            if phase is not self._schedule_phases[-1]:
                start = end
        return phase, (self.last_epoch - start) / (end - start)

    def _anneal(self, start, end, part):
        if self._anneal_func_type == "cos":
            return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)
        return (end - start) * part + start
