"""Parametrization: a parameter that is computed from another each time it is read.

`register_parametrization(layer, "weight", f)` moves the parameter to
`layer.parametrizations.weight.original`, and `layer.weight` becomes f(original). For that the layer
gets a class of its own, a subclass of the one that it had, with a property `weight`. May import
floors 0-4. Convention: the object `original` stays the one that the module had, so an optimizer's
reference to it holds; only what has several originals has new ones.
"""

import copy
from collections.abc import Sequence
from contextlib import contextmanager

from ...modes import no_grad
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "type_before_parametrizations",
]


def is_parametrized(module, tensor_name=None):
    """Whether a module has a parametrization: of this name, or of any."""
    registered = getattr(module, "parametrizations", None)
    if not isinstance(registered, ModuleDict):
        return False
    return len(registered) > 0 if tensor_name is None else tensor_name in registered


def type_before_parametrizations(module):
    """The class that a module had before its first parametrization."""
    kind = type(module)
    return kind.__bases__[0] if is_parametrized(module) else kind


# ---- the cache ---------------------------------------------------------------------------------

_open = 0  # how many `cached()` blocks are open
_cache = {}  # (id of the module, name): the computed tensor


@contextmanager
def cached():
    """Inside the block, compute each parametrized tensor once: for one that is read in a loop.

    >>> from minitorch import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> layer.weight is layer.weight
    False
    >>> with nn.utils.parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    global _open
    _open += 1
    try:
        yield
    finally:
        _open -= 1
        if not _open:
            _cache.clear()


# ---- the functions of one tensor, and what they start from -------------------------------------


class ParametrizationList(ModuleList):
    """What is at `module.parametrizations.weight`: the functions, applied in order, and `original`.

    If the `right_inverse` of the first function gives several tensors, they are `original0`,
    `original1` and so on. It is made by `register_parametrization`.
    """

    def __init__(self, modules, original, unsafe=False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.data  # refers to the numbers of now: `original` may get others
        new = self._first_inverse(original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        try:
            if self.is_tensor:
                self._keep_one(original, new)
            else:
                self._keep_several(original, new)
            if not unsafe:
                told = _NO_CHANGE.replace("the `unsafe`", "`unsafe`")
                after = _tensor_from(self)
                _check_unchanged(before, after, told, "unparametrized {}", "parametrized {}")
        except BaseException:
            original.data = before
            raise

    @no_grad()
    def _first_inverse(self, value):
        """What `original` has to be for `value` to come out, as far as the functions know."""
        for module in reversed(self):
            if hasattr(module, "right_inverse"):
                try:
                    value = module.right_inverse(value)
                except NotImplementedError:
                    pass
        if not isinstance(value, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        return value

    def _keep_one(self, original, new):
        for what in ("dtype", "device"):
            if getattr(original, what) != getattr(new, what):
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {what}.\n"
                    f"original.{what}: {getattr(original, what)}\n"
                    f"right_inverse(original).{what}: {getattr(new, what)}"
                )
        original.data = new
        _register(self, "original", original)

    def _keep_several(self, original, new):
        for i, tensor in enumerate(new):
            if not isinstance(tensor, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, "
                    f"tuple...). Got element {i} of the sequence with type "
                    f"{type(tensor).__name__}."
                )
            if isinstance(original, Parameter):
                tensor = Parameter(tensor, original.requires_grad)
            _register(self, f"original{i}", tensor.requires_grad_(original.requires_grad))

    def _originals(self):
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def forward(self):
        """The parametrized tensor."""
        first, *others = self
        value = first(*self._originals())
        for module in others:
            value = module(value)
        return value

    @no_grad()
    def right_inverse(self, value):
        """Choose the originals so that `value` comes out: what `module.weight = value` does.

        RuntimeError if one of the functions has no `right_inverse`.
        """
        for module in reversed(self):
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(
                    f"parametrization {type(module).__name__} does not implement right_inverse."
                )
            value = module.right_inverse(value)
        values = self._checked_one(value) if self.is_tensor else self._checked_several(value)
        for original, new in zip(self._originals(), values):
            original.data = new

    def _checked_one(self, value):
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
        if value.dtype != self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` "
                f"has dtype {self.original.dtype}"
            )
        return [value]

    def _checked_several(self, values):
        must = "'right_inverse' must return a sequence of tensors"
        if not isinstance(values, Sequence):
            raise ValueError(f"{must}. Got {type(values).__name__}.")
        if len(values) != self.ntensors:
            raise ValueError(
                f"{must} of length {self.ntensors}. Got a sequence of length {len(values)}."
            )
        for i, (original, value) in enumerate(zip(self._originals(), values)):
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"{must} or reference-type opaques. Got element {i} of type "
                    f"{type(value).__name__}."
                )
            if value.dtype != original.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {value.dtype} while "
                    f"`original{i}` has dtype {original.dtype}"
                )
        return values


# ---- checks ------------------------------------------------------------------------------------

_NO_CHANGE = (
    "Registering a parametrization may not change the {} of the tensor, unless the `unsafe` flag "
    "is enabled."
)


def _tensor_from(parametrization, *args):
    value = parametrization(*args)
    if not isinstance(value, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}.")
    return value


def _check_unchanged(before, after, told, name_before, name_after):
    """ValueError unless both have one dtype and one shape; `{}` in the words stands for which."""
    for what in ("dtype", "shape"):
        was, now = getattr(before, what), getattr(after, what)
        if was != now:
            told = f"{told}\n{name_before}: {was}\n{name_after}: {now}"
            raise ValueError(told.replace("{}", what))


def _check_another(module, tensor_name, parametrization):
    """Both the function and its right inverse lead from the present tensor to one like it."""
    before = getattr(module, tensor_name)
    after = _tensor_from(parametrization, before)
    name = f"module.{tensor_name}"
    _check_unchanged(before, after, _NO_CHANGE, f"{name}.{{}}", f"parametrization({name}).{{}}")
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        inverse = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(inverse, Tensor):
        raise ValueError(
            "parametrization.right_inverse must return a tensor. Got: " + type(inverse).__name__
        )
    told = (
        "The tensor returned by parametrization.right_inverse must have the same {} as "
        f"{name}, unless the `unsafe` flag is enabled."
    )
    _check_unchanged(before, inverse, told, f"{name}.{{}}", "returned {}")


# ---- registering and removing ------------------------------------------------------------------


def _register(module, name, tensor):
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _property(name):
    """Reads as the parametrized tensor; assigning chooses the originals."""

    def get(self):
        parametrization = self.parametrizations[name]
        if not _open:
            return parametrization()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def set(self, value):
        self.parametrizations[name].right_inverse(value)

    return property(get, set)


def _parametrized_class(base, names=()):
    """A subclass of `base` for one module, with a property for each of `names`."""

    def refuse_to_pickle(self):
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(). See:\n"
            "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
            "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
        )

    def deepcopy(self, memo):
        # With a class of its own: removing from the one must not remove from the other.
        kind = _parametrized_class(base, self.parametrizations)
        memo[id(self)] = twin = kind.__new__(kind)
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    members = {"__getstate__": refuse_to_pickle}
    if not hasattr(base, "__deepcopy__"):
        members["__deepcopy__"] = deepcopy
    members.update((name, _property(name)) for name in names)
    return type(f"Parametrized{base.__name__}", (base,), members)


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    """From now on `module.<tensor_name>` is `parametrization` of the parameter or buffer it was.

    `parametrization` is a module; if it has a method `right_inverse`, that chooses the value to
    start from, and assigning to the tensor works. A second one is applied to the result of the
    first. Unless `unsafe`, dtype and shape must stay (ValueError). A refused registration leaves
    the module as it was. Returns `module`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).mT
    >>> layer = nn.Linear(3, 3)
    >>> layer = nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> minitorch.equal(layer.weight, layer.weight.mT)
    True
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_another(module, tensor_name, parametrization)
        registered = module.parametrizations[tensor_name]
        registered.append(parametrization)
        registered.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        original = getattr(module, tensor_name)
        registered = ParametrizationList([parametrization], original, unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _parametrized_class(type(module))
            module.parametrizations = ModuleDict()
        setattr(type(module), tensor_name, _property(tensor_name))
        module.parametrizations[tensor_name] = registered
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element "
            f"with name '{tensor_name}'"
        )
    return module


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    """Make `module.<tensor_name>` an ordinary parameter or buffer again, and return `module`.

    It has the value that it has now, or, with `leave_parametrized=False`, that of the original.
    ValueError if it has no parametrization, or no single original to leave.

    >>> from minitorch import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> nn.utils.parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=2, bias=True)
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    registered = module.parametrizations[tensor_name]
    if registered.is_tensor:
        original = registered.original
        if leave_parametrized:
            with no_grad():
                original.data = getattr(module, tensor_name)
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module
