"""Arrays of nested sequences: of what `tensor([[1, 2], [3, 4]])` is given.

Floor 1. The dtype is the one in which all elements fit, as torch infers it; what does not fit or is
ragged is refused in torch's words. A tensor among the elements is known by its `_array`.
"""

import functools

import numpy as np

from . import dtypes, errors

_PLAIN = {bool, int, float}


def to_array(data, kind):
    """A fresh array of `data`, of the NumPy dtype `kind` or, for None, of the one torch infers."""
    if isinstance(data, (np.ndarray, np.generic)):
        return np.array(supported(np.asarray(data)), kind)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    shape = _shape_of(data)
    types = _leaf_types(data)
    plain = types <= _PLAIN
    wanted = kind
    if kind is None:
        wanted = _inferred([number() for number in types] if plain and shape else data)
    if 0 in shape:
        return np.empty(shape, wanted)
    data = data if plain else _numbers(data)
    try:
        array = np.array(data)
    except (ValueError, OverflowError):
        array = None
    if array is None or array.shape != shape or array.dtype.kind not in "fiub":
        errors.check_nested(data, shape, wanted.kind == "f")
        array = np.array(data, object)  # it holds an int beyond 64 bits
    return _cast_checked(array, wanted)


def supported(array):
    """The array, or torch's error for one that cannot be a tensor."""
    if not array.dtype.isnative:
        raise ValueError("given numpy array has byte order different from the native byte order. "
                         "Conversion between byte orders is currently not supported.")  # fmt: skip
    dtypes.from_numpy(array.dtype)
    if any(s < 0 for s in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported. (You can probably work around this by making a "
            "copy of your array  with array.copy().) "
        )
    return np.asarray(array)  # of a matrix the array, for * of matrices is another product


def _is_tensor(data):
    return hasattr(data, "_array")


def _is_sequence(data):
    kind = type(data)
    return kind is list or kind is tuple or (
        hasattr(kind, "__getitem__") and hasattr(kind, "__len__")
        and not isinstance(data, (dict, np.generic, int, float))
        and not _is_tensor(data))  # fmt: skip


def _shape_of(data):
    """The shape that the first elements ask for."""
    shape = []
    while _is_sequence(data):
        if isinstance(data, str):
            raise ValueError("too many dimensions 'str'")
        shape.append(len(data))
        if not shape[-1]:
            break
        data = data[0]
    return tuple(shape)


def _leaf_types(data):
    """The types of what is not a sequence, at any depth."""
    if not _is_sequence(data) or isinstance(data, (str, bytes, np.ndarray)):
        return {type(data)}
    types = set(map(type, data))
    return types if types <= _PLAIN else set().union(*map(_leaf_types, data))


def _inferred(data):
    """The NumPy dtype of nested sequences: that in which all of their elements fit."""
    if _is_tensor(data) or isinstance(data, (np.ndarray, np.generic)):
        return dtypes.from_numpy(getattr(data, "_array", data).dtype)._numpy
    if isinstance(data, (bool, int, float)):
        return dtypes.scalar_dtype(data)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not _is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {errors.shown(data)}")
    types = set(map(type, data))
    found = [kind() for kind in types] if types <= _PLAIN else data
    kinds = [_inferred(part) for part in found]
    default = dtypes.get_default_dtype()._numpy
    return functools.reduce(dtypes.promote_numpy, kinds) if kinds else default


def _numbers(data):
    """`data` with the tensors inside it turned into Python numbers."""
    if _is_tensor(data):
        return errors.one_element(data)
    if isinstance(data, (np.ndarray, str, bytes)) or not _is_sequence(data):
        return data
    return [_numbers(part) for part in data]


def _cast_checked(array, kind):
    """`array` cast to `kind`; an error for a number that an integer dtype cannot hold."""
    if kind.kind in "iu" and array.dtype.kind != "b" and array.size:
        limits = np.iinfo(kind)
        low = -limits.max if kind.kind == "u" and array.dtype.kind != "f" else limits.min
        if array.dtype.kind == "O" or array.dtype.kind == "u" and array.max() > 2**63 - 1:
            raise ValueError("Overflow when unpacking long long")
        if not (low <= array.min() and array.max() <= limits.max):
            raise errors.overflow(kind.name)
    return array.astype(kind, copy=False)
