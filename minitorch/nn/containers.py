"""Containers: modules and parameters in lists and dictionaries that register what they hold.

A Python list of modules is an ordinary attribute, so its layers would have no place in
`parameters()`, the state dict, `.to()` or `eval()`; these containers are modules themselves. May
import floors 0-3. Convention: the elements of a list are registered under "0", "1", ..., and
numbered again when one is taken out.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from itertools import chain, repeat
from operator import index

from ..tensor import Tensor
from .module import Module
from .names import own, typename
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]


class _Numbered(Module):
    """What Sequential and ModuleList share: modules registered under their position."""

    __init_subclass__ = own("append", "pop")

    def _key(self, idx):
        """The name of the element at `idx`, counted from either end."""
        idx = index(idx)
        if not -len(self) <= idx < len(self):
            raise IndexError(f"index {idx} is out of range")
        return list(self._modules)[idx]

    def __setitem__(self, idx, module):
        setattr(self, self._key(idx), module)

    def __delitem__(self, idx):
        names = list(self._modules)[idx] if isinstance(idx, slice) else [self._key(idx)]
        for name in names:
            delattr(self, name)
        self._modules = {str(i): module for i, module in enumerate(self._modules.values())}

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules.values())

    def append(self, module):
        """Add a module at the end; returns the container."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key):
        """Take out the element at `key`, and return it."""
        module = self[key]
        del self[key]
        return module

    def _insert(self, place, module):
        n = len(self)
        moved = {str(i): self._modules[str(i - 1)] for i in range(n, place, -1)}
        self._modules.update({**moved, str(place): module})


class Sequential(_Numbered):
    """Modules called one after the other, each with what the one before returned.

    Given as arguments, or named, as one OrderedDict. Anything but a module raises TypeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.Sequential(nn.ReLU(), nn.Flatten(0))
    >>> m(minitorch.tensor([[-1., 2.]]))
    tensor([0., 2.])
    """

    def __init__(self, *args):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            named = args[0].items()
        else:
            named = ((str(i), module) for i, module in enumerate(args))
        for name, module in named:
            self.add_module(name, module)

    def forward(self, input):
        for module in self:
            input = module(input)
        return input

    def __getitem__(self, idx):
        if isinstance(idx, slice):
            return type(self)(OrderedDict(list(self._modules.items())[idx]))
        return self._modules[self._key(idx)]

    def insert(self, index, module):
        """Put a module before the one at `index`; returns the container."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: <class '{typename(Module)}'>")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        self._insert(index + len(self) if index < 0 else index, module)
        return self

    def extend(self, sequential):
        """Add the modules of another container at the end; returns the container."""
        for module in sequential:
            self.append(module)
        return self

    def __add__(self, other):
        return Sequential().extend(self).extend(_sequential(other))

    def __iadd__(self, other):
        return self.extend(list(_sequential(other)))

    def __mul__(self, other):
        return Sequential(*chain.from_iterable(repeat(tuple(self), self._times(other))))

    __rmul__ = __mul__

    def __imul__(self, other):
        return self.extend(list(self) * (self._times(other) - 1))

    def _times(self, other):
        kind = f"<class '{typename(self)}'>"
        if not isinstance(other, int):
            raise TypeError(f"unsupported operand type(s) for *: {kind} and {type(other)}")
        if other <= 0:
            raise ValueError(f"Non-positive multiplication factor {other} for {kind}")
        return other


def _sequential(other):
    if not isinstance(other, Sequential):
        raise ValueError(
            f"add operator supports only objects of Sequential class, but {type(other)} is given."
        )
    return other


class ModuleList(_Numbered):
    """A list of modules that are registered; it has no `forward`.

    >>> from minitorch import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(list(layers.parameters())), layers
    (6, ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    ))
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, idx):
        if isinstance(idx, slice):
            return type(self)(list(self._modules.values())[idx])
        return self._modules[self._key(idx)]

    def insert(self, index, module):
        """Put a module before the one at `index`."""
        self._insert(index, module)

    def extend(self, modules):
        """Add modules at the end; returns the container."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                "ModuleList.extend should be called with an iterable, but got "
                f"{type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self

    def __iadd__(self, modules):
        return self.extend(modules)

    def __add__(self, other):
        return ModuleList(chain(self, other))

    def __repr__(self):
        """As a module's, with a run of equal elements written once."""
        runs = []  # [first, last, text]
        for i, module in enumerate(self):
            text = repr(module)
            if runs and runs[-1][2] == text:
                runs[-1][1] = i
            else:
                runs.append([i, i, text])
        lines = [
            f"({first}): {text}" if first == last else
            f"({first}-{last}): {last - first + 1} x {text}"
            for first, last, text in runs
        ]  # fmt: skip
        body = "".join("\n  " + line.replace("\n", "\n  ") for line in lines)
        return f"{self._get_name()}({body}" + ("\n)" if lines else ")")


class ModuleDict(Module):
    """A dictionary of modules that are registered under their keys; it has no `forward`.

    >>> from minitorch import nn
    >>> choices = nn.ModuleDict({"relu": nn.ReLU(), "flat": nn.Flatten()})
    >>> list(choices), choices["relu"]
    (['relu', 'flat'], ReLU())
    """

    def __init__(self, modules=None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key):
        return self._modules[key]

    def __setitem__(self, key, module):
        self.add_module(key, module)

    def __delitem__(self, key):
        del self._modules[key]

    def __len__(self):
        return len(self._modules)

    def __iter__(self):
        return iter(self._modules)

    def __contains__(self, key):
        return key in self._modules

    def keys(self):
        """The keys, in order of registration."""
        return self._modules.keys()

    def values(self):
        """The modules, in order of registration."""
        return self._modules.values()

    def items(self):
        """(key, module), in order of registration."""
        return self._modules.items()

    def clear(self):
        """Take out all modules."""
        self._modules.clear()

    def pop(self, key):
        """Take out the module under `key`, and return it."""
        return self._modules.pop(key)

    def update(self, modules):
        """Add the modules of a mapping, or of an iterable of (key, module)."""
        for key, module in _pairs(modules, "ModuleDict", "ModuleDict"):
            self[key] = module


def _pairs(items, name, name_of_update):
    """The (key, value) of a mapping or an iterable of pairs, with torch's errors."""
    if not isinstance(items, Iterable):
        raise TypeError(
            f"{name_of_update}.update should be called with an iterable of key/value pairs, but "
            f"got {type(items).__name__}"
        )
    if isinstance(items, (Mapping, ModuleDict, ParameterDict)):
        yield from items.items()
        return
    for i, pair in enumerate(items):
        if not isinstance(pair, Iterable):
            raise TypeError(
                f"{name} update sequence element #{i} should be Iterable; is{type(pair).__name__}"
            )
        if len(pair) != 2:
            raise ValueError(
                f"{name} update sequence element #{i} has length {len(pair)}; 2 is required"
            )
        yield pair[0], pair[1]


# ---- parameters --------------------------------------------------------------------------------


def _as_parameter(value):
    """A tensor becomes a Parameter; anything else is kept as it is."""
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


def _describe(name, value, kind_of):
    """The line of a container's `repr` for one element."""
    if not isinstance(value, Tensor):
        return f"  ({name}): Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join(map(str, value.shape))
    place = f" ({value.device})" if value.device.type == "cuda" else ""
    return f"  ({name}): {kind} containing: [{kind_of(value)} of size {size}{place}]"


class ParameterList(Module):
    """A list of parameters that are registered; a tensor that is put in becomes a Parameter.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.ParameterList([minitorch.ones(2), minitorch.ones(1, 3)])
    ParameterList(
        (0): Parameter containing: [torch.float32 of size 2]
        (1): Parameter containing: [torch.float32 of size 1x3]
    )
    """

    def __init__(self, values=None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def _key(self, idx):
        idx = index(idx)
        if not -len(self) <= idx < len(self):
            raise IndexError(f"index {idx} is out of range")
        return str(idx % len(self))

    def __getitem__(self, idx):
        if isinstance(idx, slice):
            return type(self)().extend(self[i] for i in range(*idx.indices(len(self))))
        return getattr(self, self._key(idx))

    def __setitem__(self, idx, param):
        setattr(self, self._key(idx), _as_parameter(param))

    def __len__(self):
        return self._size

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __iadd__(self, parameters):
        return self.extend(parameters)

    def append(self, value):
        """Add an element at the end; returns the container."""
        setattr(self, str(self._size), _as_parameter(value))
        self._size += 1
        return self

    def extend(self, values):
        """Add elements at the end; returns the container."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                "ParameterList.extend should be called with an iterable, but got "
                f"{type(values).__name__}"
            )
        for value in values:
            self.append(value)
        return self

    def extra_repr(self):
        return "\n".join(_describe(i, value, lambda t: t.dtype) for i, value in enumerate(self))

    def __call__(self, *args, **kwargs):
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """A dictionary of parameters that are registered; a tensor that is put in becomes a Parameter.

    A plain dictionary is put in sorted by key, an OrderedDict in its own order. A key that is no
    string raises TypeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> scales = nn.ParameterDict({"b": minitorch.ones(1), "a": minitorch.ones(2)})
    >>> [(name, p.shape) for name, p in scales.named_parameters()]
    [('a', torch.Size([2])), ('b', torch.Size([1]))]
    """

    def __init__(self, parameters=None):
        super().__init__()
        self._keys = {}
        if parameters is not None:
            self.update(parameters)

    def _attribute(self, key):
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type "
                f"is '{type(key).__name__}'). Open an issue on github if you need non-string keys."
            )
        return key

    def __getitem__(self, key):
        return getattr(self, self._attribute(key))

    def __setitem__(self, key, value):
        name = self._attribute(key)
        setattr(self, name, _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key):
        del self._keys[key]
        delattr(self, key)

    def __len__(self):
        return len(self._keys)

    def __iter__(self):
        return iter(self._keys)

    def __reversed__(self):
        return reversed(self._keys)

    def __contains__(self, key):
        return key in self._keys

    def keys(self):
        """The keys, in order."""
        return self._keys.keys()

    def values(self):
        """The elements, in order."""
        return (self[key] for key in self._keys)

    def items(self):
        """(key, element), in order."""
        return ((key, self[key]) for key in self._keys)

    def get(self, key, default=None):
        """The element under `key`, or `default`."""
        return self[key] if key in self else default

    def setdefault(self, key, default=None):
        """The element under `key`, which is set to `default` first if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def clear(self):
        """Take out all elements."""
        for key in list(self):
            del self[key]

    def pop(self, key):
        """Take out the element under `key`, and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self):
        """Take out the (key, element) that was put in last."""
        if not self._keys:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self))
        return key, self.pop(key)

    def copy(self):
        """A ParameterDict with the same elements."""
        return ParameterDict(OrderedDict(self.items()))

    def fromkeys(self, keys, default=None):
        """A new ParameterDict with `default` under every key."""
        return ParameterDict((key, default) for key in keys)

    def update(self, parameters):
        """Put in the elements of a mapping, or of an iterable of (key, element)."""
        pairs = _pairs(parameters, "ParameterDict", "ParametersDict")
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            pairs = sorted(pairs)
        for key, value in pairs:
            self[key] = value

    def __or__(self, other):
        both = self.copy()
        both.update(other)
        return both

    def __ror__(self, other):
        both = other.copy()
        both.update(self)
        return both

    def __ior__(self, other):
        self.update(other)
        return self

    def extra_repr(self):
        return "\n".join(_describe(key, value, typename) for key, value in self.items())

    def __call__(self, input):
        raise RuntimeError("ParameterDict should not be called.")
