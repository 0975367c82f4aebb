"""Saving and loading: a module as a flat dictionary of tensors, and back.

`Savable` is the part of Module behind `state_dict()` and `load_state_dict()`. Saving lists the
parameters and the persistent buffers, under dotted names; loading copies into them, or assigns with
`assign=True`. Each module saves and loads only its own (`_save_to_state_dict` and
`_load_from_state_dict`, which a subclass may override); the walk over the children is here, once.
May import floors 0-3. Convention: a prefix is empty or ends in a dot.
"""

import warnings
from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from functools import partial
from itertools import chain

from ..modes import no_grad
from ..tensor import Tensor
from .hooks import add_hook
from .names import typename
from .parameter import Parameter

EXTRA_STATE = "_extra_state"


class _IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict` returns: the names that had no value, and those that had no place."""

    __slots__ = ()

    def __repr__(self):
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


# ---- saving ------------------------------------------------------------------------------------


class Savable:
    """The saving and loading half of Module."""

    # Goes into the state dict's `_metadata`: a subclass raises it when its names change, and its
    # `_load_from_state_dict` can then tell old dictionaries from new ones.
    _version = 1

    def state_dict(self, *args, destination=None, prefix="", keep_vars=False):
        """All parameters and persistent buffers, by name, as an ordered dictionary.

        The tensors are detached (not with `keep_vars`) but share memory with the module's: training
        goes on changing them. `copy.deepcopy` it to keep the values of this moment.

        >>> from minitorch import nn
        >>> list(nn.Sequential(nn.Linear(2, 1), nn.ReLU()).state_dict())
        ['0.weight', '0.bias']
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
                "state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            names = ("destination", "prefix", "keep_vars")
            defaults = {"destination": destination, "prefix": prefix, "keep_vars": keep_vars}
            return self.state_dict(**{**defaults, **dict(zip(names, args))})
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            replacement = hook(self, destination, prefix, metadata)
            if replacement is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = replacement
        return destination

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        """Put this module's own entries into `destination`; a subclass may override it."""
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not Savable.get_extra_state:
            destination[prefix + EXTRA_STATE] = self.get_extra_state()

    def _own_state(self):
        """(name, tensor) of what is saved of this module itself: parameters, persistent buffers."""
        skipped = self._non_persistent_buffers_set
        buffers = (item for item in self._buffers.items() if item[0] not in skipped)
        for name, tensor in chain(self._parameters.items(), buffers):
            if tensor is not None:
                yield name, tensor

    # ---- loading -------------------------------------------------------------------------------

    def load_state_dict(self, state_dict, strict=True, assign=False):
        """Copy the values of `state_dict` into this module and its descendants.

        Returns the missing and the unexpected names; with `strict` any of them is an error. With
        `assign` the tensors themselves take the places, and keep their dtype and device. Whatever
        does not fit (a name, a shape, a value that is no tensor) is reported together in one
        RuntimeError, and a load that raises leaves the module as it was.

        >>> from minitorch import nn
        >>> a, b = nn.Linear(2, 1), nn.Linear(2, 1)
        >>> b.load_state_dict(a.state_dict())
        <All keys matched successfully>
        >>> b.load_state_dict({"weight": a.weight}, strict=False)
        _IncompatibleKeys(missing_keys=['bias'], unexpected_keys=[])
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        before = None if _sure_to_load(self, state_dict, strict) else _Snapshot(self)
        keys, errors = _IncompatibleKeys([], []), []
        try:
            metadata = getattr(state_dict, "_metadata", None)
            state_dict = OrderedDict(state_dict)  # hooks may change it: never the caller's
            if metadata is not None:
                state_dict._metadata = metadata
            _load_tree(self, state_dict, "", metadata or {}, assign, keys, errors)
            if strict:
                _report_keys(keys, errors)
            if errors:
                listed = "\n\t".join(errors)
                raise RuntimeError(
                    f"Error(s) in loading state_dict for {type(self).__name__}:\n\t{listed}"
                )
        except BaseException:
            if before is not None:
                before.restore()
            raise
        return keys

    def _load_from_state_dict(
        self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
    ):
        """Take this module's own entries from `state_dict`; a subclass may override it.

        What does not fit is added to the three lists. `local_metadata` is what `state_dict()` noted
        about this module, above all its `version`.
        """
        for hook in self._load_state_dict_pre_hooks.values():
            hook(
                self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
                error_msgs,
            )  # fmt: skip
        assign = local_metadata.get("assign_to_params_buffers", False)
        own = dict(self._own_state())
        for name, target in own.items():
            key = prefix + name
            if key in state_dict:
                error = self._load_one(name, target, key, state_dict[key], assign)
                if error:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)
        extra_key = prefix + EXTRA_STATE
        if type(self).set_extra_state is not Savable.set_extra_state:
            if extra_key in state_dict:
                self.set_extra_state(state_dict[extra_key])
            elif strict:
                missing_keys.append(extra_key)
        elif strict and extra_key in state_dict:
            unexpected_keys.append(extra_key)
        if strict:
            for key in state_dict:
                if key.startswith(prefix) and key != extra_key:
                    head, dot, _ = key[len(prefix) :].partition(".")
                    if head not in (self._modules if dot else own):
                        unexpected_keys.append(key)

    def _load_one(self, name, target, key, value, assign):
        """Copy or assign one tensor; returns the line for the report if it does not fit."""
        if not isinstance(value, Tensor):
            return (
                f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like '
                f"object from checkpoint but received <class '{typename(type(value))}'>"
            )
        if target.dim() == 0 and value.shape == (1,):  # scalars, as the first releases saved them
            value = value[0]
        if value.shape != target.shape:
            return (
                f"size mismatch for {key}: copying a param with shape {value.shape} from "
                f"checkpoint, the shape in current model is {target.shape}."
            )
        if target.is_meta and not value.is_meta and not assign:
            warnings.warn(
                f"for {key}: copying from a non-meta parameter in the checkpoint to a meta "
                "parameter in the current model, which is a no-op. (Did you mean to pass "
                "`assign=True` to assign items in the state dictionary to their corresponding key "
                "in the module instead of copying them in place?)",
                stacklevel=5,
            )
        try:
            with no_grad():
                if assign:
                    setattr(self, name, _as_kind_of(target, value))
                else:
                    target.copy_(value)
        except Exception as error:
            return (
                f'While copying the parameter named "{key}", whose dimensions in the model are '
                f"{target.size()} and whose dimensions in the checkpoint are {value.size()}, an "
                f"exception occurred : {error.args}."
            )
        return None

    # ---- extra state and hooks -----------------------------------------------------------------

    def get_extra_state(self):
        """Override it, and `set_extra_state`, to save something that is no tensor.

        >>> from minitorch import nn
        >>> class Counter(nn.Module):
        ...     steps = 3
        ...     def get_extra_state(self):
        ...         return self.steps
        ...     def set_extra_state(self, state):
        ...         self.steps = state
        >>> dict(Counter().state_dict())
        {'_extra_state': 3}
        """
        raise RuntimeError(_NEVER_CALLED.format("get_extra_state"))

    def set_extra_state(self, state):
        """Override it to take back what `get_extra_state` gave, when a state dict is loaded."""
        raise RuntimeError(_NEVER_CALLED.format("set_extra_state"))

    def register_state_dict_pre_hook(self, hook):
        """Run `hook(module, prefix, keep_vars)` before this module is saved."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook):
        """Run `hook(module, state_dict, prefix, local_metadata)` after this module is saved.

        It may change `state_dict` in place, and must return None.
        """
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook):
        """As `register_state_dict_post_hook`; what it returns replaces the root's result."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was "
                "previously registered via register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook):
        """Run `hook` before this module is loaded, with the arguments of `_load_from_state_dict`.

        It may change `state_dict`, for instance to rename what an older version saved.
        """
        return add_hook(self._load_state_dict_pre_hooks, hook)

    def _register_load_state_dict_pre_hook(self, hook, with_module=False):
        """As `register_load_state_dict_pre_hook`, for hooks that do not take the module."""
        return add_hook(
            self._load_state_dict_pre_hooks, hook if with_module else partial(_drop_module, hook)
        )

    def register_load_state_dict_post_hook(self, hook):
        """Run `hook(module, incompatible_keys)` after this module and its children are loaded.

        It may change the two lists in place: what it removes is no error.
        """
        return add_hook(self._load_state_dict_post_hooks, hook)


_NEVER_CALLED = (
    "Reached a code path in Module.{}() that should never be called. Please file an issue at "
    "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml to report this bug."
)


def _drop_module(hook, module, *args):
    return hook(*args)


# ---- one load ----------------------------------------------------------------------------------


def _load_tree(module, state_dict, prefix, metadata, assign, keys, errors):
    """Load `module`, then its children, each from the entries under its own prefix."""
    local = dict(metadata.get(prefix[:-1], {}))
    if assign:
        local["assign_to_params_buffers"] = True
    module._load_from_state_dict(state_dict, prefix, local, True, *keys, errors)
    for name, child in module._modules.items():
        if child is not None:
            inner = f"{prefix}{name}."
            entries = {k: v for k, v in state_dict.items() if k.startswith(inner)}
            _load_tree(child, entries, inner, metadata, assign, keys, errors)
    for hook in module._load_state_dict_post_hooks.values():
        if hook(module, keys) is not None:
            raise AssertionError(
                "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to "
                "return new values, if incompatible_keys need to be modified, it should be done "
                "inplace."
            )


def _report_keys(keys, errors):
    for kind, names in (("Unexpected", keys.unexpected_keys), ("Missing", keys.missing_keys)):
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            errors.insert(0, f"{kind} key(s) in state_dict: {listed}. ")


def _as_kind_of(target, value):
    """`value` as it takes the place of `target`: a Parameter for a Parameter, frozen alike."""
    if not isinstance(target, Parameter):
        return value
    if isinstance(value, Parameter):
        return value.requires_grad_(target.requires_grad)
    return Parameter(value, requires_grad=target.requires_grad)


# ---- a load that raises leaves the module as it was --------------------------------------------


def _sure_to_load(root, state_dict, strict):
    """Whether nothing can go wrong, so that a load needs no copy of what it writes over.

    Only where every name has a tensor of its shape, and nobody else's code runs.
    """
    expected = set()
    for prefix, module in root.named_modules(remove_duplicate=False):
        kind = type(module)
        if (
            not _is_ours(kind._load_from_state_dict)
            or not _is_ours(kind.set_extra_state)
            or module._load_state_dict_pre_hooks
            or module._load_state_dict_post_hooks
        ):
            return False
        for name, target in module._own_state():
            key = f"{prefix}.{name}" if prefix else name
            expected.add(key)
            value = state_dict.get(key)
            if not (isinstance(value, Tensor) and value.shape == target.shape):
                return False
            if value.is_floating_point() != target.is_floating_point():  # no Parameter of integers
                return False
            if target.is_meta or value.is_meta or 0 in target.stride():
                return False
    if len(expected) == len(state_dict):
        return True
    return not strict and all(isinstance(key, str) for key in state_dict)


def _is_ours(method):
    return method.__module__.startswith(f"{__name__.partition('.')[0]}.")


class _Snapshot:
    """The attributes, the content of the containers among them, and the values of the tensors."""

    def __init__(self, root):
        modules = list(root.modules())
        self.attributes = [(vars(module), dict(vars(module))) for module in modules]
        self.contents = [
            (value, value.copy())
            for _, attributes in self.attributes
            for value in attributes.values()
            if isinstance(value, (dict, list, set))
        ]
        self.values = [
            (tensor, tensor._version, tensor.detach().clone())
            for module in modules
            for tensor in chain(module._parameters.values(), module._buffers.values())
            if tensor is not None and not tensor.is_inference()
        ]

    def restore(self):
        for attributes, saved in self.attributes:
            attributes.clear()
            attributes.update(saved)
        for content, saved in self.contents:
            content.clear()
            content.extend(saved) if isinstance(content, list) else content.update(saved)
        with no_grad():
            for tensor, version, saved in self.values:
                if tensor._version != version:
                    tensor.copy_(saved)
