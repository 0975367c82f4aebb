"""`state_dict` and `state_dict_diff`: what a state dict holds, and how two of them differ.

Floor 5. Works on torch's as well. Convention: the difference is told from the side of the model:
a key that only the model has is missing, one that only the other has is unexpected.
"""

from dataclasses import dataclass

import numpy as np

from .markup import View, badge, columns, table
from .modules import tensor_words

__all__ = [
    "DifferenceView",
    "Entry",
    "StateDictView",
    "as_dict",
    "numbers",
    "state_dict",
    "state_dict_diff",
]


def state_dict(of):
    """The keys of a state dict, or of a module's, with shape, dtype and size.

    >>> from minitorch import nn, viz
    >>> viz.state_dict(nn.Linear(2, 1))
    state dict: 2 entries, 3 numbers, 12 bytes
    key     what it is      bytes
    weight  (1, 2) float32  8
    bias    (1,) float32    4
    """
    return StateDictView(as_dict(of))


def state_dict_diff(model, other):
    """What would happen if `other` were loaded into `model`; both may be modules or state dicts.

    Each key is missing, unexpected, mismatched (another shape), changed (other numbers) or same.

    >>> from minitorch import nn, viz
    >>> viz.state_dict_diff(nn.Linear(2, 1), nn.Linear(3, 1, bias=False))
    1 missing, 1 mismatched
    key     verdict     in the model    in the other    remark
    weight  mismatched  (1, 2) float32  (1, 3) float32
    bias    missing     (1,) float32
    """
    mine, other = as_dict(model), as_dict(other)
    keys = dict.fromkeys([*mine, *other])
    return DifferenceView([_compared(key, mine, other) for key in keys])


def as_dict(of):
    """The state dict of a module; a state dict as it is."""
    return of.state_dict() if hasattr(of, "state_dict") else of


def _words(value):
    return tensor_words(value) if hasattr(value, "grad_fn") else type(value).__name__


def numbers(t):
    """The numbers of a tensor as an array; None where there are none, on the meta device."""
    return None if t.device.type == "meta" else t.detach().cpu().numpy()


# ---- one state dict ----------------------------------------------------------------------------


class StateDictView(View):
    """A state dict to look at: `rows` of (key, what it is, bytes)."""

    def __init__(self, state):
        tensors = [t for t in state.values() if hasattr(t, "grad_fn")]
        total = sum(t.numel() for t in tensors), sum(map(_bytes, tensors))
        self.rows = [(key, _words(value), f"{_bytes(value):,}") for key, value in state.items()]
        entries = f"{len(state)} entr{'y' if len(state) == 1 else 'ies'}"
        self.title = f"state dict: {entries}, {total[0]:,} numbers, {total[1]:,} bytes"
        self.header = ("key", "what it is", "bytes")

    def text(self):
        return f"{self.title}\n{columns([self.header, *self.rows])}"

    def html(self):
        return table(self.title, self.header, self.rows)


def _bytes(value):
    return value.numel() * value.element_size() if hasattr(value, "grad_fn") else 0


# ---- two of them -------------------------------------------------------------------------------

VERDICTS = {  # by what it means for load_state_dict, worst first, with the fill of its badge
    "missing": "warning",
    "unexpected": "warning",
    "mismatched": "warning",
    "changed": "parameter",
    "same": "plain",
}


@dataclass
class Entry:
    """One key, and what the two sides have under it."""

    key: str
    verdict: str
    mine: str
    other: str
    remark: str = ""


def _compared(key, mine, other):
    if key not in other:
        return Entry(key, "missing", _words(mine[key]), "")
    if key not in mine:
        return Entry(key, "unexpected", "", _words(other[key]))
    a, b = mine[key], other[key]
    words = _words(a), _words(b)
    if not (hasattr(a, "grad_fn") and hasattr(b, "grad_fn")):
        return Entry(key, "same" if a == b else "changed", *words, "no tensor")
    if a.shape != b.shape:
        return Entry(key, "mismatched", *words)
    a, b = numbers(a), numbers(b)
    if a is None or b is None:
        return Entry(key, "changed", *words, "the meta device has no numbers to compare")
    if np.array_equal(a, b, equal_nan=a.dtype.kind == "f" and b.dtype.kind == "f"):
        return Entry(key, "same", *words)
    differ = np.count_nonzero(a != b)
    return Entry(key, "changed", *words, f"{differ:,} of {a.size:,} numbers differ")


class DifferenceView(View):
    """The difference of two state dicts: `entries`, one per key."""

    header = ("key", "verdict", "in the model", "in the other", "remark")

    def __init__(self, entries):
        self.entries = entries
        counts = {v: sum(entry.verdict == v for entry in entries) for v in VERDICTS}
        found = [f"{n} {verdict}" for verdict, n in counts.items() if n]
        self.counts, self.title = counts, ", ".join(found) or "both are empty"

    def keys(self, verdict):
        """The keys with this verdict."""
        return [entry.key for entry in self.entries if entry.verdict == verdict]

    def text(self):
        rows = [(e.key, e.verdict, e.mine, e.other, e.remark) for e in self.entries]
        return f"{self.title}\n{columns([self.header, *rows])}"

    def html(self):
        rows = [(e.key, badge(e.verdict, VERDICTS[e.verdict]), e.mine, e.other, e.remark)
                for e in self.entries]  # fmt: skip
        return table(self.title, self.header, rows)
