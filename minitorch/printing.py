"""How a tensor prints: torch's repr, character for character.

Floor 3. It imports dtypes only, and reads a tensor's array, dtype, device, `requires_grad` and
`grad_fn`. The numbers of one tensor share one format, chosen from all that will be shown; what
does not go without saying (a dtype, a size, a history) is noted after them.
"""

import math
from types import SimpleNamespace

import numpy as np

from . import dtypes

__all__ = ["set_printoptions", "tensor_str"]

_PROFILES = {
    "default": dict(precision=4, threshold=1000, edgeitems=3, linewidth=80),
    "short": dict(precision=2, threshold=1000, edgeitems=2, linewidth=80),
    "full": dict(precision=4, threshold=math.inf, edgeitems=3, linewidth=80),
}
options = SimpleNamespace(**_PROFILES["default"], sci_mode=None)


def set_printoptions(
    precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None
):
    """Set how tensors print; what is not given stays, but `sci_mode` goes back to automatic.

    `precision` digits after the point; above `threshold` elements only `edgeitems` at each end
    of a dimension are shown; lines of `linewidth`; `sci_mode` forces 1.0000e+00 or forbids it;
    `profile` ("default", "short", "full") sets the first four.

    >>> import minitorch
    >>> minitorch.set_printoptions(precision=2)
    >>> minitorch.tensor([1.23456])
    tensor([1.23])
    >>> minitorch.set_printoptions(profile="default")
    """
    given = dict(precision=precision, threshold=threshold, edgeitems=edgeitems, linewidth=linewidth)
    vars(options).update(_PROFILES.get(profile, {}))
    vars(options).update({name: value for name, value in given.items() if value is not None})
    options.sci_mode = sci_mode


def tensor_str(t, *, tensor_contents=None):
    """The repr of a tensor; `tensor_contents` takes the place of its numbers."""
    # A Parameter prints as a tensor, other subclasses by their name. (Parameter is on a floor
    # above this one, hence its name.)
    plain = type(t).__name__ in ("Tensor", "Parameter")
    prefix = "tensor(" if plain else f"{type(t).__name__}("
    contents = _contents(t, len(prefix)) if tensor_contents is None else tensor_contents
    text = _with_notes(prefix + contents, _notes(t), len(prefix))
    return text if plain or not getattr(t, "_is_param", False) else f"Parameter({text})"


# ---- what is noted after the numbers -----------------------------------------------------------


def _notes(t):
    """What the numbers alone do not tell."""
    notes, default, shape = [], dtypes.get_default_dtype(), tuple(t.shape)
    meta, empty = t.device.type == "meta", math.prod(shape) == 0
    if t.device.type != "cpu":
        notes.append(f"device='{t.device}'")
    if meta or (empty and len(shape) != 1) or (not empty and not options.edgeitems):
        notes.append(f"size={shape}")
    # Digits alone tell integers and booleans from the default float; without any, nothing does.
    if t.dtype not in ([default] if meta or empty else [default, dtypes.int64, dtypes.bool]):
        notes.append(f"dtype={t.dtype}")
    if (maker := _maker(t)) is not None:
        notes.append(f"grad_fn=<{maker}>")
    elif t.requires_grad:
        notes.append("requires_grad=True")
    return notes


def _maker(t):
    """The name of the operation that made `t`, without C++ namespaces; None for a leaf."""
    try:
        return t.grad_fn and t.grad_fn.name().rpartition("::")[2]
    except RuntimeError:  # a view whose history was lost
        return "Invalid"


def _with_notes(text, notes, indent):
    """`text` and its notes, each on the same line if it fits there."""
    used = len(text) - text.rfind("\n") + 1
    for note in notes:
        if used + len(note) + 2 > options.linewidth:
            text, used = f"{text},\n{' ' * indent}{note}", indent + len(note)
        else:
            text, used = f"{text}, {note}", used + len(note) + 2
    return text + ")"


# ---- the numbers -------------------------------------------------------------------------------


def _contents(t, indent):
    if t.device.type == "meta":
        return "..."
    array = t.detach().cpu()._array
    if array.size == 0:
        return "[]"
    summarize = array.size > options.threshold
    show, width = _format(_edges(array) if summarize else array)
    return _nested(array, indent, summarize, show, width)


def _edges(array):
    """Of every dimension only the elements that a summary shows."""
    edge = options.edgeitems
    ends = [np.r_[:edge, n - edge : n] if n > 2 * edge else np.arange(n) for n in array.shape]
    return array[np.ix_(*ends)] if ends else array


def _format(array):
    """The function that writes one number, and the width of the widest."""
    if array.dtype.kind != "f":
        return str, max((len(str(value)) for value in array.ravel().tolist()), default=1)
    values = array[np.isfinite(array) & (array != 0)].tolist()
    whole = all(value == math.floor(value) for value in values)
    if _scientific(values):
        show = f"{{:.{options.precision}e}}".format
    elif whole:
        show = lambda value: f"{value:.0f}." if math.isfinite(value) else str(value)
    else:
        show = f"{{:.{options.precision}f}}".format
    # Zeros, inf and nan have no say in the width: torch takes it from the other numbers.
    return show, max((len(show(value)) for value in values), default=1)


def _scientific(values):
    """Whether these finite numbers other than 0 need an exponent: too large, small or diverse."""
    if not values or options.sci_mode is not None:
        return bool(values) and options.sci_mode
    sizes = [abs(value) for value in values]
    small, large = min(sizes), max(sizes)
    return large / small > 1000 or large > 1e8 or small < 1e-4


def _nested(array, indent, summarize, show, width):
    """The brackets of one dimension and what is in them, which starts in column `indent`."""
    if array.ndim == 0:
        return show(array.item()).rjust(width)
    edge = options.edgeitems
    cut = summarize and len(array) > 2 * edge
    head, tail = (array[:edge], array[len(array) - edge :]) if cut else (array, array[:0])
    if array.ndim == 1:
        write = lambda values: [show(value).rjust(width) for value in values.tolist()]
        gap, per_line = " ..." if edge else "...", (options.linewidth - indent) // (width + 2)
    else:
        write = lambda rows: [_nested(row, indent + 1, summarize, show, width) for row in rows]
        gap, per_line = "...", 1
    parts, per_line = write(head) + [gap] * cut + write(tail), max(1, per_line)
    lines = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
    between = "," + "\n" * max(1, array.ndim - 1) + " " * (indent + 1)
    return f"[{between.join(lines)}]"
