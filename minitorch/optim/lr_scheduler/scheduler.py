"""LRScheduler: counts epochs, and writes a learning rate into each group of an optimizer.

Floor 4: may import floors 0-3, and the optimizer beside it. Convention: a scheduler is a subclass
with `get_lr()`, the rates of epoch `last_epoch`. Most compute them from the rates that are there
now (the chainable form: what others did to the rates is kept); those that can say them from the
epoch alone also have `_get_closed_form_lr()`, which `step(epoch)` asks. The fields carry torch's
names, because they are what a state dict is made of.
"""

import warnings
from contextlib import contextmanager
from functools import wraps
from types import FunctionType
from weakref import ref

from ...tensor import Tensor
from ..optimizer import Optimizer

__all__ = ["LRScheduler"]

EPOCH_DEPRECATION_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler. During the deprecation, if "
    "epoch is different from None, the closed form is used instead of the new chainable form, "
    "where available. Please open an issue if you are unable to replicate your use case: "
    "https://github.com/pytorch/pytorch/issues/new/choose."
)
_SEE_MORE = (
    "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"
)
_OVERRIDDEN = (
    "Seems like `optimizer.step()` has been overridden after learning rate scheduler "
    "initialization. Please, make sure to call `optimizer.step()` before `lr_scheduler.step()`. "
    f"{_SEE_MORE}"
)
_WRONG_ORDER = (
    "Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, "
    "you should call them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`.  "
    "Failure to do this will result in PyTorch skipping the first value of the learning rate "
    f"schedule. {_SEE_MORE}"
)
_NO_INITIAL_LR = (
    "param 'initial_lr' is not specified in param_groups[{}] when resuming scheduler with "
    "last_epoch >= 0.\nThis typically happens when:\n"
    "1. You're trying to resume training from a checkpoint but haven't properly loaded the "
    "optimizer state\n"
    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
)

# ---- options and groups ------------------------------------------------------------------------


def copied(value):
    """The value; of a tensor, which is changed in place later, a copy."""
    return value.clone() if isinstance(value, Tensor) else value


def from_groups(optimizer, key="lr"):
    """The value of `key` in each group."""
    return [copied(group[key]) for group in optimizer.param_groups]


def set_value(group, key, value):
    """Writes a value into a group: into the tensor there, if it is one."""
    if isinstance(group[key], Tensor):
        group[key].fill_(float(value))
    else:
        group[key] = value


def one_each(name, optimizer, value):
    """A value for each group, given one for all or a list of them.

    ValueError if the list has another length than there are groups.
    """
    n = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        value = [value] * n
    if len(value) != n:
        raise ValueError(f"{name} must have the same length as optimizer.param_groups. {name} has "
                         f"{len(value)} values, param_groups has {n}.")  # fmt: skip
    return list(map(copied, value))


def saved_function(function):
    """What a state dict keeps of a function: nothing, or the fields of a callable object."""
    return None if isinstance(function, FunctionType) else function.__dict__.copy()


def check_strategy(anneal_strategy):
    """The strategy, "cos" or "linear"; ValueError for any other."""
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError("anneal_strategy must be one of 'cos' or 'linear', instead got "
                         f"{anneal_strategy}")  # fmt: skip
    return anneal_strategy


# ---- the class ---------------------------------------------------------------------------------


def check_optimizer(optimizer):
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def _note_steps(optimizer):
    """Has `optimizer.step` note that it was called, for the warning about a wrong order."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    # A method kept in the object's own fields would be a reference cycle.
    owner, step = ref(optimizer), optimizer.step.__func__

    @wraps(step)
    def noted(*args, **kwargs):
        optimizer = owner()
        optimizer._opt_called = True
        return step(optimizer, *args, **kwargs)

    noted._wrapped_by_lr_sched = True
    optimizer.step = noted


class LRScheduler:
    """The base of the schedulers: `step()`, once an epoch, sets the groups' learning rates.

    `last_epoch` is -1 for a new training; to resume one it is the last epoch done, and the groups
    must have an "initial_lr". Raises TypeError for what is no Optimizer, KeyError without
    "initial_lr". Warns if `step()` is called before the optimizer's.

    >>> import minitorch
    >>> class Halving(minitorch.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [base_lr / 2**self.last_epoch for base_lr in self.base_lrs]
    >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=0.8)
    >>> scheduler = Halving(opt)
    >>> opt.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr(), opt.param_groups[0]["lr"]
    ([0.4], 0.4)
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer, last_epoch=-1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(_NO_INITIAL_LR.format(i))
        self.base_lrs = from_groups(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _note_steps(optimizer)
        self._initial_step()

    def _initial_step(self):
        """Sets the rates of the first epoch."""
        self._step_count = 0
        with self._during("_is_initial"):
            self.step()

    @contextmanager
    def _during(self, field):
        setattr(self, field, True)
        try:
            yield
        finally:
            setattr(self, field, False)

    # ---- one epoch -----------------------------------------------------------------------------

    def get_lr(self):
        """The rates of epoch `last_epoch`; `step()` calls it. To look at rates, `get_last_lr()`."""
        raise NotImplementedError

    def get_last_lr(self):
        """The rates that this scheduler set last, one for each group."""
        return self._last_lr

    def step(self, epoch=None):
        """Goes on to the next epoch, or (deprecated) to `epoch`, in closed form if there is one.

        To be called after `optimizer.step()`.
        """
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warnings.warn(_OVERRIDDEN, UserWarning, stacklevel=2)
            elif not getattr(self.optimizer, "_opt_called", False):
                warnings.warn(_WRONG_ORDER, UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_DEPRECATION_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch=None):
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = epoch is not None and hasattr(self, "_get_closed_form_lr")
        self._set_rates(self._get_closed_form_lr if closed else self.get_lr)

    def _set_rates(self, get_lr):
        with self._during("_get_lr_called_within_step"):
            rates = get_lr()
        for group, lr in zip(self.optimizer.param_groups, rates, strict=True):
            set_value(group, "lr", lr)
        self._last_lr = from_groups(self.optimizer)

    def _warn_outside_step(self):
        """`get_lr()` would take the next step where a caller wants to see the last."""
        if not self._get_lr_called_within_step:
            warnings.warn("To get the last learning rate computed by the scheduler, please use "
                          "`get_last_lr()`.", UserWarning, stacklevel=3)  # fmt: skip

    # ---- saving and loading --------------------------------------------------------------------

    # The fields that a state dict leaves out.
    _unsaved = ("optimizer",)

    def state_dict(self):
        """The fields as a dict, without the optimizer, which is to be saved beside it.

        >>> import minitorch
        >>> opt = minitorch.optim.SGD([minitorch.ones(1, requires_grad=True)], lr=0.1)
        >>> saved = minitorch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9).state_dict()
        >>> saved["gamma"], saved["last_epoch"], saved["base_lrs"]
        (0.9, 0, [0.1])
        """
        return {key: value for key, value in self.__dict__.items() if key not in self._unsaved}

    def load_state_dict(self, state_dict):
        """Takes over the fields from a `state_dict()`."""
        self.__dict__.update(state_dict)


_LRScheduler = LRScheduler  # its name before PyTorch 2.0, which older schedulers derive from
