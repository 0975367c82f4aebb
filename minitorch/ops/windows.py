"""Operations on a window that slides over space: convolution, pooling, unfold.

Floor 2. Arrays are (N, C, *space) with one or two dimensions of space. `columns` lays every window
out as a column, so that a convolution is one matrix product; `fold` is its adjoint.
A convolution is linear in each of its arguments, so it, its adjoint in the input (which is the
transposed convolution) and its adjoint in the weight are each other's gradients, to any order.
"""

import itertools
import math

import numpy as np

from ..devices import contiguous, reduced, strided, zeros
from ..primitive import Primitive
from . import reductions

# ---- windows -----------------------------------------------------------------------------------


def padded(x, padding, value=0):
    """`x` with `padding`, pairs (before, after) by dimension of space; a copy only if needed."""
    if not any(a or b for a, b in padding):
        return contiguous(x)
    lead = x.shape[: -len(padding)]
    space = x.shape[-len(padding) :]
    shape = lead + tuple(a + n + b for n, (a, b) in zip(space, padding))
    out = np.full(shape, value, x.dtype, like=x)
    out[(..., *(slice(a, a + n) for n, (a, b) in zip(space, padding)))] = x
    return out


def out_sizes(space, kernel, stride, dilation):
    """How many windows fit, by dimension."""
    return tuple(
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(space, kernel, stride, dilation)
    )


def windows(x, kernel, stride, dilation):
    """A view of every window: (N, C, *kernel, *out). `x` is contiguous."""
    lead = x.ndim - len(kernel)
    out = out_sizes(x.shape[lead:], kernel, stride, dilation)
    steps = x.strides[lead:]
    strides = (*x.strides[:lead], *(d * t for d, t in zip(dilation, steps)),
               *(s * t for s, t in zip(stride, steps)))  # fmt: skip
    return strided(x, x.shape[:lead] + tuple(kernel) + out, strides)


def fold_into(out, parts, stride, dilation):
    """Add each window of `parts` (N, C, *kernel, *out) back to where it came from, in `out`."""
    d = len(stride)
    kernel, sizes = parts.shape[-2 * d : -d], parts.shape[-d:]
    for place in itertools.product(*map(range, kernel)):
        where = tuple(
            slice(p * dil, p * dil + s * (n - 1) + 1, s)
            for p, dil, s, n in zip(place, dilation, stride, sizes)
        )
        out[(..., *where)] += parts[(..., *place, *(slice(None),) * d)]
    return out


def cropped(x, padding):
    """What is left of `x` without its padding."""
    if not any(a or b for a, b in padding):
        return x
    return x[(..., *(slice(a, n - b) for n, (a, b) in zip(x.shape[-len(padding) :], padding)))]


# ---- convolution -------------------------------------------------------------------------------

# glibc gives freed memory back to the system, which has to clear it for the next array: half the
# time of a small network. How much it keeps depends on the largest block freed so far: this one.
np.empty(20 << 20, np.uint8)


def _columns(x, kernel, stride, dilation, groups, sizes):
    """Every window of a padded `x` as a column: (N, C * kernel, out), or with groups (N, groups,
    C / groups * kernel, out)."""
    n, c = x.shape[:2]
    view = windows(x, kernel, stride, dilation)[(..., *(slice(m) for m in sizes))]
    lead = (n,) if groups == 1 else (n, groups)
    return view.reshape(*lead, c // groups * math.prod(kernel), math.prod(sizes))


def _blocks(x, size):
    """Slices of the samples of `x`, of `size` numbers each: a million numbers at a time."""
    if not isinstance(x, np.ndarray):
        return [slice(None)]
    n = len(x)
    step = max(1, (1 << 20) // max(1, size))
    return [slice(start, start + step) for start in range(0, n, step)]


def _grouped(x, groups, axis):
    """The channels along `axis` split into groups, and all that follows made one dimension."""
    lead, rest = x.shape[: axis + 1], math.prod(x.shape[axis + 1 :])
    if groups == 1:
        return x.reshape(*lead, rest)
    return x.reshape(*lead[:-1], groups, lead[-1] // groups, rest)


def _convolve(x, weight, bias, *, geometry, sizes=None):
    stride, padding, dilation, groups = geometry
    kernel, x = weight.shape[2:], padded(x, padding)
    if sizes is None:
        sizes = out_sizes(x.shape[2:], kernel, stride, dilation)
    out = np.empty((x.shape[0], weight.shape[0], *sizes), x.dtype, like=x)
    rows, products = _grouped(weight, groups, 0), _grouped(out, groups, 1)
    for block in _blocks(x, x.shape[1] * math.prod(kernel) * math.prod(sizes)):
        columns = _columns(x[block], kernel, stride, dilation, groups, sizes)
        np.matmul(rows, columns, out=products[block])
    if bias is not None:
        out += bias.reshape(-1, *(1,) * len(sizes))
    return out


def _transposed(x, weight, bias, *, space, geometry):
    """The adjoint of `_convolve` in its input, which has the sizes `space`."""
    stride, padding, dilation, groups = geometry
    kernel, channels = weight.shape[2:], weight.shape[1] * groups
    full = tuple(a + n + b for n, (a, b) in zip(space, padding))
    out = zeros((x.shape[0], channels, *full), x)
    rows = _grouped(weight, groups, 0).swapaxes(-1, -2)
    dense = tuple(stride) == (1, 1)
    for block in _blocks(x, channels * math.prod(kernel) * math.prod(x.shape[2:])):
        part = _spaced(x[block], full[-1]) if dense else x[block]
        parts = np.matmul(rows, _grouped(part, groups, 1))
        parts = parts.reshape(len(part), channels, *kernel, *part.shape[2:])
        if dense:
            _add_runs(out[block].reshape(len(part), channels, -1), parts, full[-1], dilation)
        else:
            fold_into(out[block], parts, stride, dilation)
    out = cropped(out, padding)
    if bias is not None:
        out = out + bias.reshape(-1, *(1,) * len(space))
    return out


def _spaced(x, width):
    """Planes (N, C, H, W) as runs (N, C, length): their rows `width` apart, zeros between."""
    n, c, height, w = x.shape
    runs = zeros((n, c, height, width), x)
    runs[..., :w] = x
    return runs.reshape(n, c, height * width)[..., : height * width - width + w]


def _add_runs(planes, runs, width, dilation):
    """As `fold_into` with stride 1, on flat planes: one long addition for each place of the
    kernel, since the rows of what it adds lie as far apart as those of the plane."""
    length = runs.shape[-1]
    for i, j in itertools.product(*map(range, runs.shape[2:4])):
        start = i * dilation[0] * width + j * dilation[1]
        planes[..., start : start + length] += runs[:, :, i, j]


def _weight_gradient(g, x, *, kernel, geometry):
    """The adjoint of `_convolve` in its weight: sum over samples of g @ columns.T."""
    stride, padding, dilation, groups = geometry
    x, sizes = padded(x, padding), g.shape[2:]
    g = _grouped(g, groups, 1)
    cells, channels = x.shape[1] * math.prod(kernel), g.shape[-2] * groups
    total = zeros((channels, x.shape[1] // groups, *kernel), g)
    for block in _blocks(x, cells * max(math.prod(sizes), g.shape[-2])):
        columns = _columns(x[block], kernel, stride, dilation, groups, sizes)
        products = np.matmul(g[block], columns.swapaxes(-1, -2))
        total += np.add.reduce(products, 0).reshape(total.shape)
    return total


def _bias_gradient(g):
    return reductions.sum_primitive(g, axes=(0, *range(2, g.ndim)), keepdim=False, whole=False)


convolution = Primitive(
    "convolution", _convolve,
    input=lambda g, weight, input_shape, geometry: transposed(
        g, weight, None, space=tuple(input_shape[2:]), geometry=geometry),
    weight=lambda g, input, weight_shape, geometry: weight_gradient(
        g, input, kernel=tuple(weight_shape[2:]), geometry=geometry),
    bias=lambda g: _bias_gradient(g),
)  # fmt: skip
transposed = Primitive(
    "conv_transposed", _transposed, node="ConvolutionBackward0",
    input=lambda g, weight, input_shape, geometry: convolution(
        g, weight, None, geometry=geometry, sizes=tuple(input_shape[2:])),
    weight=lambda g, input, weight_shape, geometry: weight_gradient(
        input, g, kernel=tuple(weight_shape[2:]), geometry=geometry),
    bias=lambda g: _bias_gradient(g),
)  # fmt: skip
weight_gradient = Primitive(
    "conv_weight_gradient", _weight_gradient, inputs="output input",
    output=lambda g, input, output_shape, geometry: convolution(
        input, g, None, geometry=geometry, sizes=tuple(output_shape[2:])),
    input=lambda g, output, input_shape, geometry: transposed(
        output, g, None, space=tuple(input_shape[2:]), geometry=geometry),
)  # fmt: skip

# ---- unfold ------------------------------------------------------------------------------------


def _unfold(x, *, kernel, geometry):
    stride, padding, dilation, _ = geometry
    view = windows(padded(x, padding), kernel, stride, dilation)
    length = math.prod(view.shape[-len(kernel) :])
    return view.reshape(x.shape[0], x.shape[1] * math.prod(kernel), length)


def _fold(columns, *, shape, kernel, geometry):
    stride, padding, dilation, _ = geometry
    full = tuple(a + n + b for n, (a, b) in zip(shape[2:], padding))
    out = out_sizes(full, kernel, stride, dilation)
    parts = columns.reshape(*shape[:2], *kernel, *out)
    target = zeros((*shape[:2], *full), columns)
    return cropped(fold_into(target, parts, stride, dilation), padding)


unfold = Primitive("im2col", _unfold, inputs="input", node="Im2ColBackward0",
                   input=lambda g, input_shape, kernel, geometry: fold(
                       g, shape=tuple(input_shape), kernel=kernel, geometry=geometry))  # fmt: skip
fold = Primitive("col2im", _fold, inputs="input", node="Col2ImBackward0",
                 input=lambda g, kernel, geometry: unfold(g, kernel=kernel, geometry=geometry))

# ---- max pooling -------------------------------------------------------------------------------


def _max_pool(x, *, kernel, geometry, sizes):
    """The largest of each window, and where in its plane it stands; the first of equals, a NaN
    before all."""
    stride, padding, dilation, _ = geometry
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    missing = _missing(x.shape[2:], kernel, stride, padding, dilation, sizes)
    view = windows(padded(x, missing, lowest), kernel, stride, dilation)
    view = view[(..., *(slice(n) for n in sizes))]
    whole = missing == ((0, 0),) * len(sizes)  # no window reaches into padding
    has_nan = x.dtype.kind == "f" and np.isnan(reduced(np.maximum, x, initial=-np.inf))
    best = None
    small = np.uint8 if math.prod(kernel) < 256 else np.int64
    for k, place in enumerate(itertools.product(*map(range, kernel))):
        part = view[(slice(None), slice(None), *place)].copy()
        here = whole or _inside(_places(place, sizes, geometry, x), x.shape[2:])
        if best is None:
            best, which, inside = part, np.zeros(part.shape, small, like=part), here
            continue
        better = part > best
        if has_nan:
            better |= part != part
        if not whole:
            better = (better | ~inside) & here
            inside = inside | here
        np.maximum(best, part, out=best)
        np.maximum(which, np.multiply(better, small(k), dtype=small), out=which)  # the last better
    return best, _flat_index(which, kernel, geometry, sizes, x.shape[-1])


def _places(place, sizes, geometry, like):
    """Where in the input, along each dimension, this element of every window stands."""
    return [np.arange(n, like=like) * s + p * d - a for n, s, p, d, (a, _) in
            zip(sizes, geometry[0], place, geometry[2], geometry[1])]  # fmt: skip


def _flat_index(which, kernel, geometry, sizes, width):
    """The place in its plane of element `which` of every window."""
    first = _places((0,) * len(sizes), sizes, geometry, which)
    corner = first[0] if len(sizes) == 1 else first[0][:, None] * width + first[1]
    steps = [np.arange(k, like=which) * d for k, d in zip(kernel, geometry[2])]
    within = steps[0] if len(sizes) == 1 else (steps[0][:, None] * width + steps[1]).reshape(-1)
    return within[which] + corner


def _inside(corners, space):
    """Which places of an element of the window lie in the input, not in its padding."""
    along = [(c >= 0) & (c < n) for c, n in zip(corners, space)]
    return along[0] if len(along) == 1 else along[0][:, None] & along[1]


def _missing(space, kernel, stride, padding, dilation, sizes):
    """The padding, and what the last window (with ceil_mode) needs beyond it."""
    return tuple(
        (a, max(b, s * (o - 1) + d * (k - 1) + 1 - n - a))
        for n, k, s, (a, b), d, o in zip(space, kernel, stride, padding, dilation, sizes)
    )


def _pick(x, index):
    """The elements at flat places of each plane."""
    planes = x.reshape(*x.shape[:2], -1)
    return np.take_along_axis(planes, index.reshape(*x.shape[:2], -1), 2).reshape(index.shape)


def _spread(g, index, *, shape):
    """The adjoint of `_pick`: planes of zeros with `g` added at the places."""
    planes = shape[0] * shape[1]
    out = zeros((planes, math.prod(shape[2:])), g)
    flat = index.reshape(planes, -1) + np.arange(planes, like=index)[:, None] * out.shape[1]
    np.add.at(out.reshape(-1), flat.reshape(-1), g.reshape(-1))
    return out.reshape(shape)


pick = Primitive("pick", _pick, inputs="input index",
                 input=lambda g, index, input_shape: spread(g, index, shape=tuple(input_shape)))
spread = Primitive("spread", _spread, inputs="g index", g=lambda g, index: pick(g, index))
max_pool = Primitive(
    "max_pool", _max_pool, inputs="input", outputs="values index",
    node=lambda kernel, geometry, sizes: "MaxPool2DWithIndicesBackward0",
    input=lambda g, index, input_shape: spread(g[0], index, shape=tuple(input_shape)),
)  # fmt: skip

# ---- average pooling ---------------------------------------------------------------------------


def _avg_pool(x, *, kernel, geometry, sizes, divisor):
    stride, padding, dilation, _ = geometry
    missing = _missing(x.shape[2:], kernel, stride, padding, dilation, sizes)
    view = windows(padded(x, missing), kernel, stride, dilation)
    view = view[(..., *(slice(n) for n in sizes))]
    places = itertools.product(*map(range, kernel))
    total = view[(slice(None), slice(None), *next(places))].copy()
    divisor = np.asarray(divisor, like=x)
    for place in places:
        total += view[(slice(None), slice(None), *place)]
    if total.dtype.kind == "f":
        return np.divide(total, divisor, dtype=total.dtype)
    return np.trunc(total / divisor).astype(total.dtype)


def _avg_spread(g, *, shape, kernel, geometry, divisor):
    stride, padding, dilation, _ = geometry
    missing = _missing(shape[2:], kernel, stride, padding, dilation, g.shape[2:])
    full = tuple(a + n + b for n, (a, b) in zip(shape[2:], missing))
    g = np.divide(g, np.asarray(divisor, like=g), dtype=g.dtype)
    wide = np.expand_dims(g, tuple(range(2, 2 + len(kernel))))
    parts = np.broadcast_to(wide, (*g.shape[:2], *kernel, *g.shape[2:]))
    target = zeros((*shape[:2], *full), g)
    return cropped(fold_into(target, parts, stride, dilation), missing)


avg_pool = Primitive(
    "avg_pool", _avg_pool, inputs="input", node=lambda **k: f"AvgPool{len(k['kernel'])}DBackward0",
    input=lambda g, input_shape, kernel, geometry, divisor: avg_spread(
        g, shape=tuple(input_shape), kernel=kernel, geometry=geometry, divisor=divisor),
)  # fmt: skip
avg_spread = Primitive(
    "avg_spread", _avg_spread, inputs="input",
    input=lambda g, input_shape, kernel, geometry, divisor: avg_pool(
        g, kernel=kernel, geometry=geometry, sizes=tuple(input_shape[2:]), divisor=divisor),
)  # fmt: skip
