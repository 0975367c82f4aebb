"""Module: the base of everything with parameters, in torch's own mechanism.

A module keeps three dictionaries: `_parameters`, `_buffers` and `_modules`. Assigning an attribute
puts it into one of them by its type (`__setattr__`), reading it finds it there (`__getattr__`), and
everything else walks the tree of `_modules`. Calling is in `hooks.py`, saving in `state_dict.py`,
moving in `moving.py`. May import floors 0-3. Convention: order is registration order, always.
"""

from collections import OrderedDict

from ..tensor import Tensor
from .hooks import (
    Hooked,
    _global_buffer_registration_hooks,
    _global_module_registration_hooks,
    _global_parameter_registration_hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    through,
)
from .moving import Movable
from .names import typename
from .parameter import Buffer, Parameter
from .state_dict import Savable

__all__ = [
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


def _fields():
    """All that a module has from birth (hooks in OrderedDicts: a handle refers to them weakly)."""
    return {
        "training": True,
        "_parameters": {},
        "_buffers": {},
        "_non_persistent_buffers_set": set(),
        "_backward_pre_hooks": OrderedDict(),
        "_backward_hooks": OrderedDict(),
        "_is_full_backward_hook": None,
        "_forward_hooks": OrderedDict(),
        "_forward_hooks_with_kwargs": OrderedDict(),
        "_forward_hooks_always_called": OrderedDict(),
        "_forward_pre_hooks": OrderedDict(),
        "_forward_pre_hooks_with_kwargs": OrderedDict(),
        "_state_dict_hooks": OrderedDict(),
        "_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_pre_hooks": OrderedDict(),
        "_load_state_dict_post_hooks": OrderedDict(),
        "_modules": {},
    }


class Module(Hooked, Savable, Movable):
    """A part of a network: it owns parameters, buffers and other modules, and computes `forward`.

    A subclass calls `super().__init__()` first, assigns what it owns, and defines `forward`; the
    module is then called like a function. `training` is True until `eval()`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(minitorch.ones(1))
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> m = Scale()
    >>> m(minitorch.tensor([2., 3.]))
    tensor([2., 3.], grad_fn=<MulBackward0>)
    >>> m._parameters
    {'factor': Parameter containing:
    tensor([1.], requires_grad=True)}
    """

    call_super_init = False  # True: hand the arguments on, for a class with a second base

    def __init__(self, *args, **kwargs):
        if not self.call_super_init:
            name = type(self).__name__
            if kwargs:
                raise TypeError(
                    f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
                )
            if args:
                raise TypeError(
                    f"{name}.__init__() takes 1 positional argument but {len(args) + 1} were given"
                )
        self.__dict__.update(_fields())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *input):
        """The computation; every subclass defines its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    # ---- attributes: where they go, and where they are found -----------------------------------

    def __setattr__(self, name, value):
        own = self.__dict__
        is_tensor = isinstance(value, Tensor)
        if is_tensor and isinstance(value, Parameter):
            if "_parameters" not in own:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            _check_name("parameter", name)
            _check_leaf(name, value)  # before anything is forgotten
            self._forget(name, own, self._buffers, self._modules)
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):  # () before __init__
            if value is not None:
                raise _misfit(value, "parameter", name, "torch.nn.Parameter")
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            if "_modules" not in own:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, own, self._parameters, self._buffers)
            self._modules[name] = through(_global_module_registration_hooks, self, name, value)
        elif name in own.get("_modules", ()):
            if value is not None:
                raise _misfit(value, "child module", name, "torch.nn.Module")
            self._modules[name] = through(_global_module_registration_hooks, self, name, None)
        elif is_tensor and isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
        elif name in own.get("_buffers", ()):
            if value is not None and not is_tensor:
                raise _misfit(value, "buffer", name, "torch.nn.Buffer, torch.Tensor")
            self.register_buffer(name, value, name not in self._non_persistent_buffers_set)
        else:  # a plain attribute, a plain tensor among them
            super().__setattr__(name, value)

    def _forget(self, name, *places):
        """Make room for `name`: an attribute is in one place only."""
        for place in places:
            place.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name):
        # Python asks here only after it has not found the name in the ordinary way.
        own = self.__dict__
        if name in (parameters := own.get("_parameters", ())):
            return parameters[name]
        if name in (buffers := own.get("_buffers", ())):
            return buffers[name]
        if name in (modules := own.get("_modules", ())):
            return modules[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name):
        for place in (self._parameters, self._buffers, self._modules):
            if name in place:
                del place[name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self):
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules]
        return sorted(name for name in [*names, *self._buffers] if not name[0].isdigit())

    def __setstate__(self, state):
        self.__dict__.update({**_fields(), **state})

    # ---- registration --------------------------------------------------------------------------

    def register_parameter(self, name, param):
        """Add a parameter, or None to keep its place, as attribute `name`.

        A taken, dotted or empty name raises KeyError, a tensor that is no Parameter TypeError, a
        computed Parameter ValueError.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError("cannot assign parameter before Module.__init__() call")
        _check_name("parameter", name)
        self._check_free(name, self._parameters)
        if param is not None:
            if not isinstance(param, Parameter):
                raise TypeError(
                    f"cannot assign '{typename(param)}' object to parameter '{name}' "
                    "(torch.nn.Parameter or None required)"
                )
            _check_leaf(name, param)
            param = through(_global_parameter_registration_hooks, self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name, tensor, persistent=True):
        """Add a tensor that is moved and saved with the module, but not learned.

        With `persistent=False` it is moved and not saved. A taken, dotted or empty name raises
        KeyError, anything but a tensor or None TypeError.

        >>> import minitorch
        >>> from minitorch import nn
        >>> m = nn.Module()
        >>> m.register_buffer("mean", minitorch.zeros(2))
        >>> m.mean, list(m.parameters()), list(m.state_dict())
        (tensor([0., 0.]), [], ['mean'])
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError("cannot assign buffer before Module.__init__() call")
        _check_name("buffer", name)
        self._check_free(name, self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{typename(tensor)}' object to buffer '{name}' "
                "(torch Tensor or None required)"
            )
        self._buffers[name] = through(_global_buffer_registration_hooks, self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name, module):
        """Add a submodule, or None to keep its place, as attribute `name`.

        A taken, dotted or empty name raises KeyError, anything but a Module or None TypeError.
        """
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{typename(module)} is not a Module subclass")
        _check_name("module", name, dot_error=f", got: {name}")
        self._check_free(name, self._modules)
        self._modules[name] = through(_global_module_registration_hooks, self, name, module)

    def register_module(self, name, module):
        """The same as `add_module`."""
        self.add_module(name, module)

    def _check_free(self, name, registry):
        if hasattr(self, name) and name not in registry:
            raise KeyError(f"attribute '{name}' already exists")

    # ---- by path -------------------------------------------------------------------------------

    def get_submodule(self, target):
        """The module at a dotted path ("" is this one); AttributeError if there is none.

        >>> from minitorch import nn
        >>> nn.Sequential(nn.Sequential(nn.ReLU())).get_submodule("0.0")
        ReLU()
        """
        module = self
        for name in target.split(".") if target != "" else ():
            module = module._named(name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target, module, strict=False):
        """Put `module` at a dotted path; with `strict` only in the place of another.

        An empty path or anything but a module raises ValueError, a missing or wrong place
        AttributeError.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            found = f"<class '{typename(type(module))}'>"
            raise ValueError(f"`module` is not an nn.Module, found {found}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if (strict or hasattr(parent, name)) and not isinstance(parent._named(name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target):
        """The parameter at a dotted path; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        parameter = self.get_submodule(path)._named(name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target):
        """The buffer at a dotted path; AttributeError if there is none."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        buffer = owner._named(name)
        if name not in owner._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    def _named(self, name):
        if not hasattr(self, name):
            raise AttributeError(f"{self._get_name()} has no attribute `{name}`")
        return getattr(self, name)

    # ---- iteration -----------------------------------------------------------------------------

    def children(self):
        """The modules directly below, each once."""
        for _, module in self.named_children():
            yield module

    def named_children(self):
        """(name, module) of the modules directly below, each module once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def modules(self, remove_duplicate=True):
        """This module and all its descendants, each once."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """(path, module) of this module and all its descendants, each module once.

        >>> from minitorch import nn
        >>> relu = nn.ReLU()
        >>> m = nn.Sequential(relu, nn.Sequential(relu))
        >>> [name for name, _ in m.named_modules()]
        ['', '0', '1']
        >>> [name for name, _ in m.named_modules(remove_duplicate=False)]
        ['', '0', '1', '1.0']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def _refuse_cycles(self):
        """RecursionError if a module contains itself: before a walk through it changes anything."""
        for _ in self.named_modules(remove_duplicate=False):
            pass

    def parameters(self, recurse=True):
        """All parameters, each once: what an optimizer is given."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """(path, parameter) of this module and all its descendants, each parameter once.

        >>> from minitorch import nn
        >>> [(name, p.shape) for name, p in nn.Sequential(nn.Linear(3, 2)).named_parameters()]
        [('0.weight', torch.Size([2, 3])), ('0.bias', torch.Size([2]))]
        """
        yield from self._named_members(
            lambda module: module._parameters.items(), prefix, recurse, remove_duplicate
        )

    def buffers(self, recurse=True):
        """All buffers, persistent or not, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """(path, buffer) of this module and all its descendants, each buffer once."""
        yield from self._named_members(
            lambda module: module._buffers.items(), prefix, recurse, remove_duplicate
        )

    def _named_members(self, get_members_fn, prefix="", recurse=True, remove_duplicate=True):
        seen = set()
        if recurse:
            modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
        else:
            modules = [(prefix, self)]
        for path, module in modules:
            for name, member in get_members_fn(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    # ---- modes ---------------------------------------------------------------------------------

    def train(self, mode=True):
        """Set `training` here and below: dropout drops and batch norm counts only then."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self._refuse_cycles()
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """The same as `train(False)`; operations are recorded all the same (see `no_grad`)."""
        return self.train(False)

    def requires_grad_(self, requires_grad=True):
        """Set `requires_grad` of all parameters: False freezes them. Buffers go on changing."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none=True):
        """Clear the gradients of all parameters: to None, or to zeros."""
        for parameter in self.parameters():
            grad = parameter.grad
            if grad is None:
                continue
            if set_to_none:
                parameter.grad = None
            else:
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()

    # ---- words ---------------------------------------------------------------------------------

    def _get_name(self):
        return type(self).__name__

    def extra_repr(self):
        """Override it: what `repr` says of this module itself, in one line or several."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        own = extra.split("\n") if extra else []
        children = [f"({name}): {_indent(repr(m))}" for name, m in self._modules.items()]
        if not own and not children:
            return f"{self._get_name()}()"
        if len(own) == 1 and not children:
            return f"{self._get_name()}({own[0]})"
        return f"{self._get_name()}(\n  " + "\n  ".join(own + children) + "\n)"


for _part in (Hooked, Savable, Movable):
    for _name, _member in vars(_part).items():
        if callable(_member):  # in an error or a repr a method is Module's, in whatever file it is
            _member.__module__, _member.__qualname__ = __name__, f"Module.{_name}"


def _indent(text):
    """`text` with its second and further lines moved right; blank lines stay empty."""
    first, *rest = text.split("\n")
    return "\n".join([first, *("  " + line if line.strip() else "" for line in rest)])


def _check_name(kind, name, dot_error=""):
    if not isinstance(name, str):
        raise TypeError(f"{kind} name should be a string. Got {typename(name)}")
    if "." in name:
        raise KeyError(f'{kind} name can\'t contain "."{dot_error}')
    if name == "":
        raise KeyError(f'{kind} name can\'t be empty string ""')


def _check_leaf(name, parameter):
    if parameter.grad_fn:
        raise ValueError(
            f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be "
            f"created explicitly. To express '{name}' as a function of another Tensor, compute "
            "the value in the forward() method."
        )


def _misfit(value, what, name, expected):
    return TypeError(
        f"cannot assign '{typename(value)}' as {what} '{name}' ({expected} or None expected)"
    )
