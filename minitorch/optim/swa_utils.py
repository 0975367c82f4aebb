"""Averages of weights: a second model that is the mean of what the first one was on its way.

Floor 4: may import floors 0-3, `nn`, and the schedulers beside it. Convention: an averaging
function is called with (average so far, current value, how many the average is of); an `avg_fn`
takes one tensor and returns the new average, a `multi_avg_fn` takes lists of one dtype and
changes the averages in place.
"""

import math
from collections import defaultdict
from copy import deepcopy

from ..dtypes import int64
from ..modes import no_grad
from ..nn.module import Module
from ..nn.norm import _BatchNorm
from ..ops.creation import zeros
from .lr_scheduler.scheduler import LRScheduler, check_strategy, one_each

__all__ = [
    "AveragedModel", "SWALR", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
    "get_swa_multi_avg_fn", "update_bn",
]  # fmt: skip

# ---- averaging functions -----------------------------------------------------------------------


def get_swa_avg_fn():
    """The mean of all values: average + (current - average) / (num_averaged + 1).

    >>> get_swa_avg_fn()(1.0, 4.0, 2)
    2.0
    """

    @no_grad()
    def swa_update(averaged_param, current_param, num_averaged):
        return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return swa_update


def get_ema_avg_fn(decay=0.999):
    """The exponential moving average: decay average + (1 - decay) current.

    Raises ValueError for a decay that is not between 0 and 1.

    >>> get_ema_avg_fn(0.75)(1.0, 5.0, 2)
    2.0
    """
    _check_decay(decay)

    @no_grad()
    def ema_update(ema_param, current_param, num_averaged):
        return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_multi_avg_fn():
    """`get_swa_avg_fn` for lists of tensors, in place.

    >>> import minitorch
    >>> averages = [minitorch.tensor([1.0, 2.0])]
    >>> get_swa_multi_avg_fn()(averages, [minitorch.tensor([4.0, 8.0])], 2)
    >>> averages
    [tensor([2., 4.])]
    """
    average = get_swa_avg_fn()

    def swa_update(averaged_param_list, current_param_list, num_averaged):
        weight = float(1 / (num_averaged + 1))
        _mix(averaged_param_list, current_param_list, weight, average, num_averaged)

    return swa_update


def get_ema_multi_avg_fn(decay=0.999):
    """`get_ema_avg_fn` for lists of tensors, in place.

    Raises ValueError for a decay that is not between 0 and 1.

    >>> import minitorch
    >>> averages = [minitorch.tensor([1.0, 2.0])]
    >>> get_ema_multi_avg_fn(0.75)(averages, [minitorch.tensor([5.0, 2.0])], 2)
    >>> averages
    [tensor([2., 2.])]
    """
    average = get_ema_avg_fn(decay)

    def ema_update(ema_param_list, current_param_list, num_averaged):
        _mix(ema_param_list, current_param_list, 1 - decay, average, num_averaged)

    return ema_update


@no_grad()
def _mix(averages, currents, weight, average, num_averaged):
    """Moves averages towards currents by `weight`; integers, which cannot lerp, by `average`."""
    for old, new in zip(averages, currents, strict=True):
        if old.is_floating_point():
            old.lerp_(new, weight)
        else:
            old.copy_(average(old, new, num_averaged))


def _check_decay(decay):
    if decay < 0.0 or decay > 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


# ---- the averaged model ------------------------------------------------------------------------


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of what `update_parameters(model)` saw.

    The mean of all values, unless `avg_fn` or `multi_avg_fn` says otherwise. Buffers are averaged
    too with `use_buffers`, else copied. `n_averaged` counts the values. Raises AssertionError
    for two averaging functions.

    >>> import minitorch
    >>> from minitorch import nn
    >>> model = nn.Linear(1, 1)
    >>> averaged = minitorch.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     weight = nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged.module.weight.item(), averaged.n_averaged
    (3.0, tensor(3))
    """

    def __init__(self, model, device=None, avg_fn=None, multi_avg_fn=None, use_buffers=False):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", zeros((), dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args, **kwargs):
        """What the averaged model makes of the arguments."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model):
        """Takes the parameters of `model`, a model of the same form, into the averages."""
        pairs = [
            (average.detach(), current.detach().to(average.device))
            for average, current in zip(self._averaged(self.module), self._averaged(model))
        ]
        if self.n_averaged == 0:
            _copy(pairs)
        elif self.multi_avg_fn is not None:
            self._update_lists(pairs)
        else:
            average = self.avg_fn or get_swa_avg_fn()
            _copy([(old, average(old, new, self.n_averaged)) for old, new in pairs])
        if not self.use_buffers:
            _copy(zip(self.module.buffers(), model.buffers(), strict=True))
        self.n_averaged += 1

    def _averaged(self, model):
        yield from model.parameters()
        if self.use_buffers:
            yield from model.buffers()

    def _update_lists(self, pairs):
        by_dtype = defaultdict(list)
        for pair in pairs:
            by_dtype[pair[0].dtype].append(pair)
        for same in by_dtype.values():
            averages, currents = map(list, zip(*same))
            self.multi_avg_fn(averages, currents, self.n_averaged)


def _copy(pairs):
    for target, source in pairs:
        target.detach().copy_(source.detach())


@no_grad()
def update_bn(loader, model, device=None):
    """Computes the running statistics of the model's batch norms anew, as means over a loader.

    For an averaged model, whose activations no training has seen. A batch that is a list or tuple
    gives its first element. Without batch norms nothing happens.

    >>> import minitorch
    >>> model = minitorch.nn.BatchNorm1d(1)
    >>> update_bn([minitorch.tensor([[0.0], [2.0]]), minitorch.tensor([[4.0], [6.0]])], model)
    >>> model.running_mean
    tensor([3.])
    """
    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    for module in momenta:
        module.reset_running_stats()
        module.momentum = None  # the mean of all batches
    for batch in loader:
        if isinstance(batch, (list, tuple)):
            batch = batch[0]
        model(batch if device is None else batch.to(device))
    for module, momentum in momenta.items():
        module.momentum = momentum
    model.train(was_training)


# ---- the schedule ------------------------------------------------------------------------------


class SWALR(LRScheduler):
    """From the rate that is there to the constant `swa_lr`, in `anneal_epochs`.

        lr = (1 - a) lr_0 + a swa_lr,  a = (1 - cos(pi t / anneal_epochs)) / 2

    or a = t / anneal_epochs with `anneal_strategy="linear"`. Raises ValueError for another
    strategy, for `anneal_epochs` that is no integer from 0 on, and for a list `swa_lr` of the wrong
    length.

    >>> import minitorch
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minitorch.optim.swa_utils.SWALR(opt, swa_lr=0.5, anneal_epochs=2)
    >>> for epoch in range(4):
    ...     print(f"{scheduler.get_last_lr()[0]:.2f}")
    ...     opt.step()
    ...     scheduler.step()
    1.00
    0.75
    0.50
    0.50
    """

    def __init__(self, optimizer, swa_lr, anneal_epochs=10, anneal_strategy="cos", last_epoch=-1):
        for group, lr in zip(optimizer.param_groups, one_each("swa_lr", optimizer, swa_lr)):
            group["swa_lr"] = lr
        self._anneal_strategy = check_strategy(anneal_strategy)
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._part(step - 1), self._part(step)

        def mixed(lr, swa_lr):
            # Others may have changed the rate: where it came from follows from where it is.
            first = swa_lr if before == 1 else (lr - before * swa_lr) / (1 - before)
            return swa_lr * now + first * (1 - now)

        return [mixed(group["lr"], group["swa_lr"]) for group in self.optimizer.param_groups]

    def _part(self, step):
        """The part a of the way that is behind after so many steps."""
        t = max(0, min(1, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t
