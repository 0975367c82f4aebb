"""Schedules made of schedules: one after the other, or all at once.

Floor 4: may import floors 0-3, and the schedulers beside it. Convention: the parts are in
`_schedulers`, and their state dicts in the state dict of the whole.
"""

from bisect import bisect_right

from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, from_groups, set_value

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Combined(LRScheduler):
    _unsaved = ("optimizer", "_schedulers")

    def _check_parts(self, schedulers, optimizer):
        name = type(self).__name__
        for i, part in enumerate(schedulers):
            if not hasattr(part, "optimizer"):
                raise TypeError(f"{name} at index {i} should have `optimizer` as its attribute.")
            if isinstance(part, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as it requires "
                    "additional kwargs to be specified when calling `step`, but got one at index "
                    f"{i} in the given schedulers sequence."
                )
            if part.optimizer != optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but got "
                    f"scheduler {type(part).__name__} at index {i} has {part.optimizer}, which is "
                    f"different from {type(optimizer).__name__}."
                )

    def state_dict(self):
        """The fields as a dict, the state dicts of the parts in `_schedulers`."""
        parts = [part.state_dict() for part in self._schedulers]
        return {**super().state_dict(), "_schedulers": parts}

    def load_state_dict(self, state_dict):
        """Takes over the fields from a `state_dict()`, and those of the parts."""
        fields = dict(state_dict)
        for i, saved in enumerate(fields.pop("_schedulers")):
            self._schedulers[i].load_state_dict(saved)
        super().load_state_dict(fields)


class ChainedScheduler(_Combined):
    """All schedules at once: each multiplies what the one before it left.

    Raises ValueError for no schedulers, for those of different optimizers and for
    ReduceLROnPlateau, TypeError for what is no scheduler.

    >>> import minitorch
    >>> from minitorch.optim import lr_scheduler
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> warm_up = lr_scheduler.ConstantLR(opt, factor=0.5, total_iters=2)
    >>> decay = lr_scheduler.ExponentialLR(opt, gamma=0.5)
    >>> scheduler = lr_scheduler.ChainedScheduler([warm_up, decay])
    >>> for epoch in range(3):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [0.5]
    [0.25]
    [0.25]
    """

    def __init__(self, schedulers, optimizer=None):
        if len(schedulers) < 1:
            raise ValueError(f"{type(self).__name__} expects at least one scheduler to be chained, "
                             "but got no scheduler.")  # fmt: skip
        optimizer = optimizer or schedulers[0].optimizer
        self._check_parts(schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = optimizer
        self._last_lr = from_groups(optimizer)

    def step(self):
        """Goes on to the next epoch in every part."""
        for part in self._schedulers:
            part.step()
        self._last_lr = from_groups(self.optimizer)


class SequentialLR(_Combined):
    """One schedule after the other: at each epoch of `milestones` the next begins, at its epoch 0.

    Raises ValueError for no schedulers, for those of different optimizers, for ReduceLROnPlateau
    and for milestones that are not one fewer; TypeError for what is no scheduler.

    >>> import minitorch
    >>> from minitorch.optim import lr_scheduler
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> warm_up = lr_scheduler.ConstantLR(opt, factor=0.25, total_iters=9)
    >>> decay = lr_scheduler.ExponentialLR(opt, gamma=0.5)
    >>> scheduler = lr_scheduler.SequentialLR(opt, [warm_up, decay], milestones=[2])
    >>> for epoch in range(4):
    ...     print(scheduler.get_last_lr())
    ...     opt.step()
    ...     scheduler.step()
    [0.25]
    [0.25]
    [1.0]
    [0.5]
    """

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        if len(schedulers) < 1:
            raise ValueError(f"{type(self).__name__} expects at least one scheduler, but got no "
                             "scheduler.")  # fmt: skip
        self._check_parts(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        # Each part has set its first rates when it was made: undo that, and begin with the first.
        for group in optimizer.param_groups:
            set_value(group, "lr", group["initial_lr"])
        self.recursive_undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched=None):
        """Takes the parts, and the parts of parts, one epoch back."""
        whole = self if sched is None else sched
        if hasattr(whole, "_schedulers"):
            for part in whole._schedulers:
                self.recursive_undo(part)
        elif hasattr(whole, "last_epoch"):
            whole.last_epoch -= 1

    def step(self):
        """Goes on to the next epoch in the part whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        part = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            part._update_lr(0)
        else:
            part.step()
        self._last_lr = part.get_last_lr()
