"""MetaArray: the shape and dtype of an array, without its numbers.

Floor 0; imports NumPy alone. Kernels are plain `np.*` calls, and NumPy hands a call that meets an
array of another class to that class: ufuncs to `__array_ufunc__` (NEP 13), other functions to
`__array_function__` (NEP 18). Here the answer is an array of the right shape and dtype that takes
no memory: one number, which stands for all of them (the steps of its array are all zero), so that
NumPy itself works out the shape of every view. Only what NumPy would write down in full has a rule
of ours in RULES; whatever has none is computed, of that one number repeated, and thrown away.
"""

import math
from types import SimpleNamespace

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.mixins import NDArrayOperatorsMixin

__all__ = ["MetaArray", "like", "no_data"]


class MetaArray(NDArrayOperatorsMixin):
    """An array that has a shape and a dtype, and one number in the place of all."""

    __slots__ = ("_one", "base", "__weakref__")

    def __init__(self, one, base=None):
        self._one, self.base = one, base  # an ndarray without strides; what this is a view of

    shape = property(lambda self: self._one.shape)
    dtype = property(lambda self: self._one.dtype)
    ndim = property(lambda self: self._one.ndim)
    size = property(lambda self: self._one.size)
    itemsize = property(lambda self: self._one.itemsize)
    nbytes = property(lambda self: self._one.nbytes)
    T = property(lambda self: self.transpose())
    mT = property(lambda self: np.swapaxes(self, -1, -2))
    flat = property(lambda self: self.reshape(-1))

    @property
    def strides(self):
        """Those of an array in the order of its indices, whichever way this one was made."""
        steps, step = [], self.itemsize
        for n in reversed(self.shape):
            steps.append(step)
            step *= max(n, 1)
        return tuple(reversed(steps))

    @property
    def flags(self):
        return SimpleNamespace(c_contiguous=True, f_contiguous=self.ndim < 2, writeable=True)

    def __len__(self):
        return len(self._one)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __reduce__(self):
        return like, (self.shape, self.dtype)

    def __repr__(self):
        return f"MetaArray(shape={self.shape}, dtype={self.dtype})"

    def __array__(self, dtype=None, copy=None):
        raise no_data()

    def strided(self, shape):
        """A view of any shape: all its elements lie in the same place anyway."""
        one = self._one
        return MetaArray(np.ndarray(shape, one.dtype, one.base, 0, (0,) * len(shape)),
                         self if self.base is None else self.base)  # fmt: skip

    # What a kernel asks of the numbers before it goes on is true of the one.
    def __bool__(self):
        return bool(self.item())

    def __int__(self):
        return int(self.item())

    __index__ = __int__

    def __float__(self):
        return float(self.item())

    def item(self):
        return self._one.flat[0].item()

    def tolist(self):
        return self._one.tolist()

    # ---- NumPy's protocols ---------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **keywords):
        _check_alone((*inputs, *(out or ())))
        if method == "at":
            return None
        rule = _core if ufunc.signature else _RULES.get(method, _each)
        return _placed(rule(ufunc, *inputs, **keywords), out)

    def __array_function__(self, function, types, args, keywords):
        return _run(function, args, keywords)

    def __getitem__(self, where):
        return _taken(self, where if isinstance(where, tuple) else (where,))

    def __setitem__(self, where, value):
        value_shape = np.shape(value)
        if math.prod(value_shape) == 1 or _has_masks(where):
            return
        shape = self.shape if where is ... else self[where].shape
        if np.broadcast_shapes(value_shape, shape) != shape:
            raise ValueError(f"could not broadcast from shape {value_shape} into shape {shape}")


def _method(name):
    function = getattr(np.ndarray, name)
    return lambda self, *args, **keywords: _run(function, (self, *args), keywords)


for _name in """all any argmax argmin argpartition argsort astype clip copy cumprod cumsum diagonal
        dot fill flatten max mean min nonzero partition prod ravel repeat reshape round searchsorted
        sort squeeze std sum swapaxes take trace transpose var view""".split():
    setattr(MetaArray, _name, _method(_name))


def no_data():
    """torch's error where the numbers of a tensor on meta are asked for."""
    return NotImplementedError("Cannot copy out of meta tensor; no data!")


def no_kernel(name):
    """torch's error for an operation that is not there for meta."""
    return NotImplementedError(
        f"aten::{name}: attempted to run this operator with Meta tensors, but there was no fake "
        "impl or Meta kernel registered. You may have run into this message while using an "
        "operator with PT2 compilation APIs (torch.compile/torch.export); in order to use this "
        "operator with those APIs you'll need to add a fake impl. Please see the following for "
        "next steps:  https://pytorch.org/tutorials/advanced/custom_ops_landing_page.html"
    )


# ---- making them -------------------------------------------------------------------------------


def like(shape, kind, number=0):
    """A MetaArray of a shape and a NumPy dtype."""
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    one = np.asarray(number).astype(kind).reshape(1)
    return MetaArray(np.ndarray(shape, one.dtype, one, 0, (0,) * len(shape)))


def _made(result, given):
    """What NumPy gave, without its numbers; a view if it is one of a given array."""
    if isinstance(result, (np.ndarray, np.generic)):
        for source in given:
            if isinstance(result, np.ndarray) and result.base is source._one.base is not None:
                return MetaArray(result, source if source.base is None else source.base)
        return like(result.shape, result.dtype, result.flat[0] if result.size else 0)
    if isinstance(result, (tuple, list)):
        parts = [_made(part, given) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result


def _of_shape(shape, trial):
    """Results of a shape, with the dtypes and numbers of those of a trial."""
    if isinstance(trial, tuple):
        return tuple(_of_shape(shape, part) for part in trial)
    return like(shape, trial.dtype, trial.flat[0] if trial.size else 0)


def _placed(result, out):
    """The result of a ufunc, or `out=`, if it fits there."""
    if out is None:
        return result
    (place,) = out
    if np.broadcast_shapes(result.shape, place.shape) != place.shape:
        raise ValueError(f"non-broadcastable output operand: result has shape {result.shape}")
    return place


def _check_alone(values):
    """An error where the numbers of others are needed: all arrays must be of this class."""
    for value in values:
        if isinstance(value, np.ndarray) and value.ndim:
            raise TypeError("arrays of different devices")


def _mapped(value, function, found):
    """An argument with its MetaArrays, which are collected in `found`, replaced."""
    if isinstance(value, MetaArray):
        found.append(value)
        return function(value)
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(_mapped(part, function, found) for part in value)
    return value


def _run(function, args, keywords):
    """The result of a function or method of NumPy."""
    rule = _RULES.get(function.__name__)
    if rule is not None:
        return rule(function, *args, **keywords)
    return _tried(function, lambda array: array._one, args, keywords)


def _tried(function, numbers, args, keywords):
    given = []
    args = _mapped(args, numbers, given)
    keywords = {name: _mapped(value, numbers, given) for name, value in keywords.items()}
    return _made(function(*args, **keywords), given)


def _single(array):
    """An array of as many dimensions, with one number."""
    if isinstance(array, MetaArray):
        one = array._one
        return np.ndarray((1,) * one.ndim, one.dtype, one.base, 0)
    return array


# ---- rules: (function, its arguments) -> its result --------------------------------------------


def _each(function, *args, **keywords):
    """Elementwise: broadcast shapes, and the function of one number each."""
    _check_alone(args)
    given = []
    singles = _mapped(args, _single, given)
    keywords = {name: _mapped(value, _single, given) for name, value in keywords.items()}
    shape = np.broadcast_shapes(*(array.shape for array in given))
    return _of_shape(shape, function(*singles, **keywords))


def _same(function, a, *args, **keywords):
    """The shape of the first array."""
    args = _mapped((_single(a), *args), _single, [])
    if function.__name__.endswith("partition"):  # the only one that names a place
        args = (args[0], 0, *args[2:])
    return _of_shape(a.shape, np.asarray(function(*args, **keywords)))


def _reduced(function, a, axis=None, *args, keepdims=False, **keywords):
    """The shape without the axes that are summed up."""
    axes = range(a.ndim) if axis is None else normalize_axis_tuple(axis, a.ndim)
    keywords.pop("out", None)
    empty = math.prod(a.shape[i] for i in axes) == 0
    trial = a._one[tuple(slice(0, 0 if empty else 1) if i in axes else slice(0, 1)
                         for i in range(a.ndim)) + (...,)]  # fmt: skip
    axis = axis if axis is None or isinstance(axis, int) else tuple(axes)
    result = np.asarray(function(trial, axis, *args, **keywords))
    shape = [1 if i in axes else n for i, n in enumerate(a.shape) if keepdims or i not in axes]
    return _of_shape(shape, result)


def _reduce(ufunc, a, axis=0, **keywords):
    return _reduced(ufunc.reduce, a, axis, **keywords)


def _accumulate(ufunc, a, axis=0, **keywords):
    return _of_shape(a.shape, ufunc.accumulate(_single(a), axis))


def _core(ufunc, a, b, axes=None, axis=None, **keywords):
    """matmul and vecdot: the last two dimensions, or one, are not broadcast."""
    trial = np.asarray(ufunc(_single(a), _single(b)))
    if ufunc is np.vecdot:
        if a.shape[-1] != b.shape[-1]:
            raise ValueError("vecdot: mismatch in core dimension")
        return _of_shape(np.broadcast_shapes(a.shape[:-1], b.shape[:-1]), trial)
    if not (a.ndim and b.ndim) or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise ValueError("matmul: mismatch in core dimension")
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    shape += a.shape[-2:-1] + (b.shape[-1:] if b.ndim > 1 else ())
    return _of_shape(shape, trial)


def _concatenated(function, arrays, axis=0, **keywords):
    _check_alone(arrays)
    axis = normalize_axis_index(axis, arrays[0].ndim)
    rest = {a.shape[:axis] + a.shape[axis + 1 :] for a in arrays}
    if len(rest) > 1:
        raise ValueError("all the input array dimensions except for the concatenation axis must "
                         "match exactly")  # fmt: skip
    shape = list(arrays[0].shape)
    shape[axis] = sum(a.shape[axis] for a in arrays)
    return _of_shape(shape, np.concatenate([_single(a) for a in arrays], axis, **keywords))


def _stacked(function, arrays, axis=0, **keywords):
    parts = [np.expand_dims(a, axis) for a in arrays]
    return _concatenated(function, parts, normalize_axis_index(axis, parts[0].ndim), **keywords)


def _repeated(function, a, repeats, axis=None):
    if axis is None:
        a, axis = a.reshape(-1), 0
    shape = list(a.shape)
    shape[axis] *= int(repeats)
    return _of_shape(shape, _single(a))


def _take(function, a, indices, axis=None, **keywords):
    if axis is None:
        a, axis = a.reshape(-1), 0
    shape, axis = np.shape(indices), normalize_axis_index(axis, a.ndim)
    return _of_shape(a.shape[:axis] + shape + a.shape[axis + 1 :], _single(a))


def _take_along(function, a, indices, axis):
    axis = normalize_axis_index(axis, a.ndim)
    shape = np.broadcast_shapes(*((*x.shape[:axis], 1, *x.shape[axis + 1 :]) for x in (a, indices)))
    return _of_shape((*shape[:axis], indices.shape[axis], *shape[axis + 1 :]), _single(a))


def _taken(a, where):
    """`a[where]`: a view, or, by arrays of positions, what NumPy makes of empty ones."""
    arrays = [i for i in where if isinstance(i, (MetaArray, np.ndarray))]
    if not arrays:
        return _made(a._one[where], (a,))
    if _has_masks(where):
        _refused(np.nonzero)
    if not all(a.shape):
        numbers = lambda i: i._one if isinstance(i, MetaArray) else i
        return _made(a._one[tuple(map(numbers, where))].copy(), ())
    many = np.broadcast_shapes(*(i.shape for i in arrays))
    nothing = np.zeros((0,) * len(many), np.int64)
    shape = a._one[tuple(nothing if isinstance(i, (MetaArray, np.ndarray)) else i
                         for i in where)].shape  # fmt: skip
    start = shape.index(0) if many else 0
    return _of_shape(shape[:start] + many + shape[start + len(many) :], _single(a))


def _like(function, a, *args, shape=None, **keywords):
    """zeros_like and its kin."""
    function = np.zeros_like if function is np.empty_like else function
    return _of_shape(a.shape if shape is None else (shape,) if isinstance(shape, int) else shape,
                     function(_single(a), *args, **keywords))  # fmt: skip


def _einsum(function, spec, *arrays):
    """By the letters; what ... stands for is broadcast."""
    inputs, output = spec.split("->")
    sizes, batches = {}, []
    for names, a in zip(inputs.split(","), arrays):
        letters = names.replace("...", "")
        lead = a.ndim - len(letters)
        batches.append(a.shape[:lead])
        sizes.update(zip(letters, a.shape[lead:]))
    batch = np.broadcast_shapes(*batches) if "..." in output else ()
    shape = batch + tuple(sizes[name] for name in output.replace("...", ""))
    return _of_shape(shape, np.asarray(function(spec, *map(_single, arrays))))


def _dot(function, a, b):
    return _core(np.matmul, a, b)


def _has_masks(where):
    parts = where if isinstance(where, tuple) else (where,)
    return any(isinstance(i, (MetaArray, np.ndarray)) and i.dtype.kind == "b" for i in parts)


def _viewed(function, a, dtype=None):
    if dtype is None or np.dtype(dtype).itemsize == a.itemsize:
        return _tried(function, lambda array: array._one, (a, *filter(None, [dtype])), {})
    last = np.empty(a.shape[-1:], a.dtype).view(dtype)  # finds out whether it fits
    return like(a.shape[:-1] + last.shape, dtype)


def _refused(function, *args, axis=None, **keywords):
    """What depends on the numbers: torch refuses it for meta."""
    name = function.__name__
    if name == "nonzero":
        raise NotImplementedError(
            "The register_meta function for torch.nonzero() raises unimplemented by default, as a "
            "correct data-independent implementation does not exist. This implementation returns a "
            "fake value, assuming all elements of the tensor are non-zero. To enable this "
            "registration, please set 'torch.fx.experimental._config.meta_nonzero_assume_all_"
            "nonzero' to True."
        )
    raise no_kernel({"array_equal": "equal", "unique": "_unique2" if axis is None else "unique_dim"}
                    .get(name, name))  # fmt: skip


def _filled(function, shape, *args, **keywords):
    args = _mapped(args, lambda array: array.item(), [])
    function = np.zeros if function is np.empty else function
    return _of_shape((shape,) if isinstance(shape, (int, np.integer)) else tuple(shape),
                     function(1, *args, **keywords))  # fmt: skip


def _of_matrices(function, *args, **keywords):
    """Linear algebra, computed of unit matrices."""
    unit = lambda a: np.broadcast_to(np.eye(*a.shape[-2:], dtype=a.dtype), a.shape)
    return _tried(function, unit, args, keywords)


_RULES = {"reduce": _reduce, "accumulate": _accumulate, "concatenate": _concatenated,
          "stack": _stacked, "repeat": _repeated, "take": _take,
          "take_along_axis": _take_along, "dot": _dot,
          "einsum": _einsum}  # fmt: skip
for _rule, _names in {
    _each: "astype clip copy isclose nan_to_num round where",
    _like: "empty_like full_like ones_like zeros_like",
    _same: "argpartition argsort cumprod cumsum partition sort",
    _reduced: "all amax amin any argmax argmin count_nonzero max mean min prod std sum var",
    _filled: "empty full ones zeros",
    _viewed: "view",
    _refused: "array_equal bincount nonzero unique",
    _of_matrices: "cholesky det eigh eigvalsh inv lstsq norm pinv qr slogdet solve svd",
    lambda *args, **keywords: None: "copyto fill put put_along_axis putmask",
}.items():
    _RULES.update(dict.fromkeys(_names.split(), _rule))
