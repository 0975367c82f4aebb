"""Batches of sequences of different lengths: padded, packed, and back.

May import floors 0-4. Convention: T is the longest length, B the number of sequences; padded they
are (T, B, *), or (B, T, *) with `batch_first`. Packed, the rows lie step after step, longest
sequence first, without the padding: of [a b c], [d e] and [f] that is a d f b e c.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from ... import dtypes, errors
from ...tensor import Tensor, as_tensor, wrap

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]

# ---- the packed form ---------------------------------------------------------------------------


class PackedSequence_(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences without their padding, as `pack_padded_sequence` and `pack_sequence` make them.

    `data` is (sum of lengths, *); `batch_sizes` says how many of its rows belong to each step;
    `sorted_indices` is the order by length, if sorting was needed, `unsorted_indices` the way back.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import pack_sequence
    >>> pack_sequence([minitorch.tensor([1, 2, 3]), minitorch.tensor([4, 5])])[:2]
    (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if batch_sizes is None:  # both in one pair
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be "
                "created manually. They should be instantiated by functions like pack_sequence and "
                "pack_padded_sequences in nn.utils.rnn. "
                "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs):
        """With `data` of another dtype or on another device; itself if it is there already."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        order = [i if i is None else i.to(data.device) for i in self[2:]]
        return type(self)(data, self.batch_sizes, *order)

    def cpu(self):
        return self.to(device="cpu")

    def cuda(self):
        return self.to(device="cuda")

    @property
    def is_cuda(self):
        """Whether `data` is on a GPU."""
        return self.data.device.type == "cuda"


def _of_kind(kind):
    return lambda self: self.to(kind)


for _name in ("double", "float", "half", "long", "int", "short"):
    setattr(PackedSequence, _name, _of_kind(getattr(dtypes, _name)))
PackedSequence.char, PackedSequence.byte = _of_kind(dtypes.int8), _of_kind(dtypes.uint8)


def invert_permutation(permutation):
    """The permutation that undoes this one; None for None.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import invert_permutation
    >>> invert_permutation(minitorch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    p = permutation._array
    inverse = np.empty_like(p)
    inverse[p] = np.arange(p.size)
    return wrap(inverse)


# ---- padded to packed and back -----------------------------------------------------------------


def pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True):
    """A padded batch, (T, B, *) or (B, T, *), without its padding, as a PackedSequence.

    `lengths`, B numbers, must not rise, unless `enforce_sorted` is False: then the sequences are
    sorted here. Lengths that rise, are below 1 or not B in number raise RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import pack_padded_sequence
    >>> x = minitorch.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    >>> pack_padded_sequence(x, [2, 1, 3], batch_first=True, enforce_sorted=False)[:3]
    (tensor([4, 1, 3, 5, 2, 6]), tensor([3, 2, 1]), tensor([2, 0, 1]))
    """
    if isinstance(lengths, Tensor):
        lengths = lengths.to(dtypes.int64)
    else:
        lengths = as_tensor(lengths, dtype=dtypes.int64)
    batch_dim = 0 if batch_first else 1
    order = None
    if not enforce_sorted:
        lengths, order = lengths.sort(descending=True)
        input = input.index_select(batch_dim, order)
    _check_lengths(input, lengths._array, batch_dim)
    steps = np.arange(lengths._array[0])[:, None]
    present = steps < lengths._array  # (T, B)
    rows = input.transpose(0, 1) if batch_first else input
    data = rows[wrap(_of_length(present, rows._array.shape[0]))]
    return PackedSequence(data, wrap(present.sum(1)), order)


def _check_lengths(input, lengths, batch_dim):
    if lengths.ndim != 1:
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{lengths.ndim}D cpu Long tensor"
        )
    batch = input.size(batch_dim)
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.size != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size} "
            f"(batch_size={batch})"
        )
    if lengths[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )


def _of_length(mask, length):
    """The mask for an input of this many steps: more, or fewer, than the longest sequence."""
    out = np.zeros((length, *mask.shape[1:]), bool)
    out[: len(mask)] = mask[:length]
    return out


def pad_packed_sequence(sequence, batch_first=False, padding_value=0.0, total_length=None):
    """The inverse of `pack_padded_sequence`: (padded batch, lengths), in the original order.

    The padding is `padding_value`, up to `total_length` steps; one shorter than the longest
    sequence raises ValueError.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> packed = pack_sequence([minitorch.tensor([1, 2, 3]), minitorch.tensor([4, 5])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2, 3],
            [4, 5, 0]]), tensor([3, 2]))
    """
    sizes, data = sequence.batch_sizes._array, sequence.data
    longest = sequence.batch_sizes.size(0)
    if total_length is not None and total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but "
            f"got total_length={total_length} and max sequence length being {longest}"
        )
    rest = data._array.shape[1:]
    if sizes.max() > sizes[0]:  # made by hand: a batch can only become smaller
        raise errors.output_shape((1, sizes[0], *rest), (1, sizes.max(), *rest))
    present = np.arange(sizes[0]) < sizes[:, None]  # (T, B)
    shape = (total_length or longest, sizes[0], *rest)
    padded = wrap(np.full(shape, padding_value, data._array.dtype))
    padded[wrap(_of_length(present, shape[0]))] = data[: present.sum()]
    lengths = wrap(present.sum(0))
    if batch_first:
        padded = padded.transpose(0, 1)
    order = sequence.unsorted_indices
    if order is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, order), lengths[order]


# ---- lists of sequences ------------------------------------------------------------------------


def pad_sequence(sequences, batch_first=False, padding_value=0.0, padding_side="right"):
    """Tensors (L, *) of different lengths as one batch, (T, B, *) or (B, T, *).

    What is not iterable, or empty, raises RuntimeError.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import pad_sequence
    >>> a, b = minitorch.tensor([1, 2, 3]), minitorch.tensor([4, 5])
    >>> pad_sequence([a, b], batch_first=True)
    tensor([[1, 2, 3],
            [4, 5, 0]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    sequences = tuple(sequences)
    for i, x in enumerate(sequences):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got {errors.shown(x)}"
            )
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    longest, first = max(x.size(0) for x in sequences), sequences[0]._array
    shape = (len(sequences), longest, *first.shape[1:])
    if not batch_first:
        shape = (shape[1], shape[0], *shape[2:])
    out = wrap(np.full(shape, padding_value, first.dtype))
    for i, x in enumerate(sequences):
        places = out.select(0 if batch_first else 1, i)
        start = 0 if padding_side == "right" else longest - x.size(0)
        places.narrow(0, start, x.size(0)).copy_(x)
    return out


def unpad_sequence(padded_sequences, lengths, batch_first=False):
    """The inverse of `pad_sequence`: a list of tensors of these `lengths`.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import unpad_sequence
    >>> x = minitorch.tensor([[1, 2, 3], [4, 5, 0]])
    >>> unpad_sequence(x, minitorch.tensor([3, 2]), batch_first=True)
    [tensor([1, 2, 3]), tensor([4, 5])]
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    steps = wrap(np.arange(padded_sequences.shape[1]))
    return [x[steps < length] for x, length in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences, enforce_sorted=True):
    """Tensors (L, *) of different lengths as a PackedSequence, longest first.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import pack_sequence
    >>> short, long = minitorch.tensor([4, 5]), minitorch.tensor([1, 2, 3])
    >>> pack_sequence([short, long], enforce_sorted=False).sorted_indices
    tensor([1, 0])
    """
    lengths = as_tensor([x.size(0) for x in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences):
    """The inverse of `pack_sequence`: the list of tensors.

    >>> import minitorch
    >>> from minitorch.nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([minitorch.tensor([1, 2, 3]), minitorch.tensor([4, 5])]))
    [tensor([1, 2, 3]), tensor([4, 5])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
