"""Optimizer: groups of parameters, a state for each parameter, and the walk over them.

Floor 4: may import floors 0-3. Convention: an optimizer is a subclass with three short methods.
`averages(group)` names the state tensors that its formula needs, `numbers(group, state, t)` gives
the numbers of step t, and `update(group, tmp, numbers, p, g, *averages)` is the formula, in place
on NumPy arrays. What all formulas share (which parameters have a gradient, `maximize`, weight
decay, counting, versions, hooks, saving) is done here, once.
"""

import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from copy import deepcopy
from itertools import chain

import numpy as np

from .. import dtypes
from ..modes import enable_grad
from ..ops.inplace import check_overlap, memory_of
from ..tensor import Tensor
from . import checks
from .arrays import constants, counter, pieces, wide, zeros_like
from .hooks import (
    HOOKS,
    Hooked,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    with_hooks,
)

__all__ = ["Optimizer", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook"]


class _Required:
    def __repr__(self):
        return "<required parameter>"


required = _Required()

# ---- the class ---------------------------------------------------------------------------------


class Optimizer(Hooked):
    """The base of all optimizers: `step()` updates parameters from their gradients, in place.

    `params` are tensors, (name, tensor) pairs, or dicts: groups with options of their own.
    `defaults` are the options that a group does not set. Raises TypeError for what cannot be
    optimized and ValueError for an empty list, a tensor that is not a leaf or is in two groups.

    >>> import minitorch
    >>> w, b = minitorch.ones(2, requires_grad=True), minitorch.ones(1, requires_grad=True)
    >>> opt = minitorch.optim.SGD([{"params": [w]}, {"params": [b], "lr": 1}], lr=0.1)
    >>> [group["lr"] for group in opt.param_groups]
    [0.1, 1]
    """

    def __init__(self, params, defaults):
        self.defaults = defaults
        self._complete()
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of "
                            f"Tensors or dicts, but got {checks.typename(params)}")  # fmt: skip
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _complete(self):
        """The fields that are not pickled."""
        for name in HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_scratch_arrays", {})
        # A subclass may bring a `step` of its own, so it is wrapped when a first instance is made.
        if not hasattr(type(self).step, "hooked"):
            type(self).step = with_hooks(type(self).step)

    def __getstate__(self):
        return {name: self.__dict__[name] for name in ("defaults", "state", "param_groups")}

    def __setstate__(self, state):
        self.__dict__.update(state)
        self._complete()
        self.defaults.setdefault("differentiable", False)
        for group in self.param_groups:
            for name, default in self.newer_options.items():
                group.setdefault(name, default)
            for p in group["params"]:
                self._count_in_tensors(group, self.state.get(p, {}))

    def _count_in_tensors(self, group, state):
        """In checkpoints from before torch 1.12 the counts are numbers."""
        for name in self.counters:
            if name in state and not isinstance(state[name], Tensor):
                state[name] = counter(float(state[name]), group.get("fused"))

    def __repr__(self):
        text = f"{type(self).__name__} ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            shown = sorted(group.keys() - {"params"})
            text += "".join(f"    {key}: {group[key]}\n" for key in shown)
        return text + ")"

    # ---- what a subclass says of itself --------------------------------------------------------

    newer_options = {}  # what a group from an old checkpoint may lack, and what it meant by that
    counters = ()  # the state tensors of one number

    def averages(self, group):
        """The names of the state tensors of the formula, in the order `update` takes them."""
        return ()

    def new_state(self, group, p):
        """The state of `p` before its first step."""
        averages = {name: zeros_like(p) for name in self.averages(group)}
        return {"step": counter(0.0, group.get("fused")), **averages}

    def numbers(self, group, state, t):
        """The numbers of the formula at step `t` = 1, 2, ... of a parameter with this state."""
        raise NotImplementedError

    def update(self, group, tmp, numbers, p, g, *averages):
        """The formula: changes the arrays `p` and `averages`, given the gradient `g`.

        `tmp` is a scratch array; `numbers` are those of `numbers(...)`, as 0-d arrays.
        """
        raise NotImplementedError

    # ---- one step ------------------------------------------------------------------------------

    def step(self, closure=None):
        """Updates every parameter that has a gradient.

        `closure`, if given, is called first: it computes the loss and the gradients anew, and
        what it returns is returned.
        """
        if type(self).update is Optimizer.update:
            raise NotImplementedError
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with np.errstate(all="ignore"):  # a diverging loss is nan, as in torch, not a warning
            for group in self.param_groups:
                for p in group["params"]:
                    if p._grad is not None:
                        self._step_one(group, p)
        return loss

    def _step_one(self, group, p):
        if group.get("fused"):
            checks.check_fused(p)
        state, numbers = self.begin(group, p)
        numbers = constants(p._array, *map(float, numbers))
        whole = [memory_of(p), p._grad._array, *[s._array for s in state]]
        if p._grad._counter is p._counter:  # they may lie in the same memory
            check_overlap(p, p._grad)
        try:
            for param, g, *arrays in pieces(whole):
                g = self._descent(group, param, g)
                self.update(group, self.scratch(0, param), numbers, param, g, *arrays)
        except ValueError:  # NumPy's, for shapes that do not go together
            checks.check_shapes(*whole)
            raise
        for changed in (p, *state):
            changed._bump()

    def begin(self, group, p):
        """Counts a step of `p`; returns its (state tensors, numbers) for `update`."""
        state = self.state[p]
        if not state:
            state.update(self.new_state(group, p))
        if group.get("capturable") and not group.get("fused"):
            checks.refuse_capturable(type(self).__name__, group["foreach"])
        averages, step = [state[name] for name in self.averages(group)], state["step"]
        step._array.fill(t := step._array.item() + 1)  # ten times as fast as += 1 on a 0-d array
        step._bump()
        return averages, self.numbers(group, state, t)

    def _descent(self, group, p, g):
        """The gradient to go down: -g to maximize, plus weight_decay * p.

        A decoupled weight decay shrinks `p` itself instead, so that averages of g never see it.
        """
        decay, maximize = group.get("weight_decay", 0), group.get("maximize")
        if decay != 0 and group.get("decoupled_weight_decay"):
            p *= constants(p, float(1 - group["lr"] * decay))[0]
        elif decay != 0:
            out = np.multiply(p, constants(p, float(decay))[0], out=self.scratch(1, p))
            return np.subtract(out, g, out=out) if maximize else np.add(out, g, out=out)
        return np.negative(g, out=self.scratch(1, p)) if maximize else g

    def scratch(self, number, like):
        """Scratch array `number` for arrays like this one, shared by all parameters."""
        key = number, like.shape, like.dtype, like.__class__
        array = self._scratch_arrays.get(key)
        if array is None:
            array = self._scratch_arrays[key] = np.empty_like(like, dtype=wide(like.dtype))
        return array

    def zero_grad(self, set_to_none=True):
        """Forgets all gradients: sets them to None, or to zero in place."""
        for p in chain.from_iterable(group["params"] for group in self.param_groups):
            if set_to_none:
                p.grad = None
            elif p.grad is not None:
                # A view cannot be detached in place, and one without history need not be.
                p.grad.detach_() if p.grad.grad_fn is not None else p.grad.requires_grad_(False)
                p.grad.zero_()

    # ---- groups --------------------------------------------------------------------------------

    def add_param_group(self, param_group):
        """Adds a group: a dict of "params" and of options that replace the defaults.

        Raises TypeError or ValueError, in torch's words, for a group that cannot be optimized.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        _list_params(param_group)
        for p in param_group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError("optimizer can only optimize Tensors, but one of the params is "
                                f"{checks.typename(p)}")  # fmt: skip
            if not (self.defaults.get("differentiable") or p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError("parameter group didn't specify a value of required optimization "
                                 f"parameter {name}")  # fmt: skip
            param_group.setdefault(name, default)
        self._check_distinct(param_group)
        self.param_groups.append(param_group)

    def _check_distinct(self, new):
        params = set(new["params"])
        if len(params) != len(new["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=5,
            )
        for group in self.param_groups:
            if ("param_names" in new) != ("param_names" in group):
                names = "with names" if "param_names" in new else "without names"
                raise ValueError("all optimizer param groups should be with/without names. cannot "
                                 f"add param group {names} to the optimizer")  # fmt: skip
        if any(not params.isdisjoint(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")

    # ---- saving and loading --------------------------------------------------------------------

    def state_dict(self):
        """The state and the groups as a dict, each parameter replaced by its number.

        >>> import minitorch
        >>> opt = minitorch.optim.SGD([minitorch.ones(2, requires_grad=True)], lr=0.1)
        >>> sorted(opt.state_dict()), opt.state_dict()["param_groups"][0]["params"]
        (['param_groups', 'state'], [0])
        """
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        number, start, groups = {}, 0, []
        for group in self.param_groups:
            number |= {p: i for i, p in enumerate(group["params"], start) if p not in number}
            start += len(group["params"])
            options = {key: value for key, value in group.items() if key != "params"}
            groups.append({**options, "params": [number[p] for p in group["params"]]})
        state = {number[p] if isinstance(p, Tensor) else p: s for p, s in self.state.items()}
        state_dict = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            new = hook(self, state_dict)
            state_dict = state_dict if new is None else new
        return state_dict

    def load_state_dict(self, state_dict):
        """Takes over state and options from a `state_dict()`; the parameters stay these.

        State is cast to the dtype of its parameter, except the step count. Raises ValueError if
        the groups do not have the same sizes; then nothing was changed.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            new = hook(self, state_dict)
            state_dict = state_dict if new is None else new
        saved = deepcopy(state_dict["param_groups"])
        if len(saved) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(s["params"]) != len(g["params"]) for s, g in zip(saved, self.param_groups)):
            raise ValueError("loaded state dict contains a parameter group that doesn't match the "
                             "size of optimizer's group")  # fmt: skip

        owner = {}  # of a number: the parameter, and the group it was saved with
        for old, group in zip(saved, self.param_groups):
            owner.update((n, (p, old)) for n, p in zip(old["params"], group["params"]))
        state = defaultdict(dict)
        for n, value in state_dict["state"].items():
            if n in owner:
                p, old = owner[n]
                state[p] = _cast(value, p, old.get("capturable") or old.get("fused"))
            else:
                state[n] = value
        for old, group in zip(saved, self.param_groups):
            old["params"] = group["params"]
            if "param_names" in group:
                old.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)


# ---- groups and state, one by one --------------------------------------------------------------


def _list_params(group):
    """Makes group["params"] a list of parameters, and group["param_names"] if they have names."""
    params = group["params"]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering "
            "of tensors in sets will change between runs. Please use a list instead."
        )
    params = [params] if isinstance(params, Tensor) else list(params)
    names = [p[0] for p in params if isinstance(p, tuple)]
    group["params"] = [p[1] if isinstance(p, tuple) else p for p in params]
    if names:
        if len(names) != len(params):
            raise ValueError("all optimizer params should be with/without names. Some param names "
                             "are missing")  # fmt: skip
        group["param_names"] = names


def _cast(value, p, step_as_float32, key=None):
    """Loaded state, cast to what `p` needs."""
    if isinstance(value, Tensor):
        if key == "step":
            return value.to(dtype=dtypes.float32) if step_as_float32 else value
        return value.to(p.device, p.dtype if p.dtype.is_floating_point else None)
    if isinstance(value, dict):
        return {k: _cast(v, p, step_as_float32, k) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return type(value)(_cast(v, p, step_as_float32) for v in value)
    return value
