"""func: a module as a function of its parameters.

Floor 4. May import floors 0-4.
"""

from collections.abc import Sequence
from contextlib import contextmanager

from .nn.module import Module
from .tensor import Tensor

__all__ = ["functional_call"]

_ABSENT = object()


def functional_call(
    module, parameter_and_buffer_dicts, args=None, kwargs=None, *, tie_weights=True, strict=False
):
    """`module(*args, **kwargs)` with other tensors in the places of its parameters and buffers.

    The tensors are in a dictionary by path, or in several with different keys. The module has its
    own again afterwards, whatever happens; what `forward` puts in their places goes to the
    dictionary, if it is one. Names that were one tensor stay one (`tie_weights`; different values
    for them raise ValueError). With `strict`, missing and unexpected paths raise RuntimeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> layer = nn.Linear(2, 1)
    >>> doubled = {name: 2 * p for name, p in layer.named_parameters()}
    >>> x = minitorch.ones(2)
    >>> minitorch.equal(minitorch.func.functional_call(layer, doubled, x), 2 * layer(x))
    True
    """
    given = _merged(parameter_and_buffer_dicts)
    if not isinstance(args, tuple):
        args = () if args is None else (args,)
    with _swapped(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def _merged(dicts):
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError("Expected all elements of parameter_and_buffer_dicts to be dictionaries")
    keys = [key for d in dicts for key in d]
    repeated = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if repeated:
        raise ValueError(
            f"{repeated} appeared in multiple dictionaries; behavior of functional call is "
            "ambiguous"
        )
    return {key: value for d in dicts for key, value in d.items()}


@contextmanager
def _swapped(module, given, tie_weights, strict):
    """Inside the block, the tensors of `given` are in their places."""
    wanted = _with_tied(module, given) if tie_weights else given
    if strict:
        _check_keys(module, wanted)
    before = {}
    try:
        for path, tensor in wanted.items():
            before[path] = _swap(module, path, tensor)
        yield
    finally:
        # Backwards: two paths may lead to one place.
        after = {path: _swap(module, path, before[path]) for path in reversed(before)}
        given.update((path, after[path]) for path in given if path in after)


# ---- names -------------------------------------------------------------------------------------


def _named_tensors(module):
    yield from module.named_parameters(remove_duplicate=False)
    yield from module.named_buffers(remove_duplicate=False)


def _check_keys(module, given):
    valid = {name for name, _ in _named_tensors(module)}
    lines = [
        f"{kind} key(s): {', '.join(map(repr, sorted(names)))}."
        for kind, names in (("Unexpected", given.keys() - valid), ("Missing", valid - given.keys()))
        if names
    ]
    if lines:
        listed = "\n\t".join(lines)
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t{listed}")


def _with_tied(module, given):
    """`given`, completed by the other names of tensors that have several."""
    names_of = {}
    for name, tensor in _named_tensors(module):
        names_of.setdefault(tensor, []).append(name)
    completed = dict(given)
    for names in names_of.values():
        if len(names) == 1:
            continue
        values = {given[name] for name in names if name in given}
        if len(values) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. "
                "Consider using tie_weights=False"
            )
        completed.update((name, value) for name in names for value in values)
    return completed


# ---- one place ---------------------------------------------------------------------------------


def _owner(module, path):
    """(the module that owns the tensor at a dotted path, its name there)."""
    *parents, name = path.split(".")
    for i, parent in enumerate(parents):
        child = module._named(parent)
        if not isinstance(child, Module):
            raise TypeError(
                f"submodule `{'.'.join(parents[: i + 1])}`: {child} is not an instance of "
                "torch.nn.Module"
            )
        module = child
    if name == "":
        raise KeyError('tensor name can\'t be empty string ""')
    return module, name


def _swap(module, path, tensor):
    """Put a tensor (or None, or `_ABSENT`) in a place, and return what was there."""
    owner, name = _owner(module, path)
    if tensor is not _ABSENT:
        _check_tensor(tensor)
    for registry in (owner._parameters, owner._buffers):
        if name in registry:
            before = registry[name]
            # Past the checks of registration: a Parameter may be replaced by any tensor.
            registry[name] = tensor
            return before
    before = getattr(owner, name, _ABSENT)
    if before is not _ABSENT:
        _check_tensor(before, f"attribute `{name}`: ")
    if tensor is _ABSENT:
        delattr(owner, name)
    else:
        setattr(owner, name, tensor)
    return before


def _check_tensor(value, where=""):
    if value is not None and not isinstance(value, Tensor):
        raise TypeError(f"{where}{value} is not an instance of torch.Tensor")
