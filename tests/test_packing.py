"""nn.utils.rnn: sequences of different lengths, padded, packed and back, here and on torch."""

import pickle

import pytest
from exact import raises

import minitorch
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence


@pytest.fixture
def rnn(lib):
    return lib.nn.utils.rnn


@pytest.fixture
def letters(lib):
    """The example of the docstring: [a b c], [d e] and [f] as 1 2 3, 4 5 and 6."""
    return [lib.tensor([1.0, 2, 3]), lib.tensor([4.0, 5]), lib.tensor([6.0])]


# ---- packed ------------------------------------------------------------------------------------


def test_packed_rows_lie_step_after_step(rnn, letters):
    packed = rnn.pack_sequence(letters)
    assert packed.data.tolist() == [1, 4, 6, 2, 5, 3]
    assert packed.batch_sizes.tolist() == [3, 2, 1]
    assert packed.sorted_indices is None and packed.unsorted_indices is None


def test_unsorted_sequences_are_sorted_and_come_back_as_they_were(rnn, letters):
    mixed = [letters[1], letters[2], letters[0]]
    packed = rnn.pack_sequence(mixed, enforce_sorted=False)
    assert packed.data.tolist() == [1, 4, 6, 2, 5, 3]
    assert packed.sorted_indices.tolist() == [2, 0, 1]
    assert packed.unsorted_indices.tolist() == [1, 2, 0]
    padded, lengths = rnn.pad_packed_sequence(packed, batch_first=True)
    assert padded.tolist() == [[4, 5, 0], [6, 0, 0], [1, 2, 3]]
    assert lengths.tolist() == [2, 1, 3]
    assert [x.tolist() for x in rnn.unpack_sequence(packed)] == [[4, 5], [6], [1, 2, 3]]


def test_a_packed_sequence_is_a_named_tuple(lib, rnn, letters):
    packed = rnn.pack_sequence(letters[:2])
    assert repr(packed) == (
        "PackedSequence(data=tensor([1., 4., 2., 5., 3.]), batch_sizes=tensor([2, 2, 1]), "
        "sorted_indices=None, unsorted_indices=None)"
    )
    data, sizes, *order = packed
    assert packed._fields == ("data", "batch_sizes", "sorted_indices", "unsorted_indices")
    assert rnn.PackedSequence((data, sizes)).batch_sizes is sizes
    assert rnn.PackedSequence(data, sizes, lib.tensor([1, 0])).unsorted_indices.tolist() == [1, 0]
    assert pickle.loads(pickle.dumps(packed)).data.tolist() == data.tolist()
    with raises(AssertionError, "Expected data to be a list or tuple of length 2"):
        rnn.PackedSequence(data)


def test_batch_sizes_written_by_hand(lib, rnn):
    data = lib.arange(5.0)
    padded, lengths = rnn.pad_packed_sequence(rnn.PackedSequence(data, lib.tensor([2, 1])))
    assert (padded.tolist(), lengths.tolist()) == ([[0, 1], [2, 0]], [2, 1])  # the rest is unused
    with raises(RuntimeError, "output with shape [1, 1] doesn't match the broadcast shape [1, 2]"):
        rnn.pad_packed_sequence(rnn.PackedSequence(data, lib.tensor([1, 2])))


def test_a_packed_sequence_changes_its_dtype(lib, rnn, letters):
    packed = rnn.pack_sequence(letters)
    assert packed.to("cpu") is packed and packed.float() is packed and packed.cpu() is packed
    assert not packed.is_cuda
    kinds = {name: getattr(packed, name)().data.dtype
             for name in ("double", "half", "long", "int", "short", "char", "byte")}  # fmt: skip
    assert kinds == {
        "double": lib.float64, "half": lib.float16, "long": lib.int64, "int": lib.int32,
        "short": lib.int16, "char": lib.int8, "byte": lib.uint8,
    }  # fmt: skip
    assert packed.double().batch_sizes.dtype == lib.int64


def test_lengths_shorter_and_longer_than_the_input(lib, rnn):
    x = lib.arange(12.0).view(4, 3)
    assert rnn.pack_padded_sequence(x, [3, 2, 1]).data.tolist() == [0, 1, 2, 3, 4, 6]
    longer = rnn.pack_padded_sequence(x, [5, 2, 1])
    assert longer.data.tolist() == [0, 1, 2, 3, 4, 6, 9]
    assert longer.batch_sizes.tolist() == [3, 2, 1, 1, 1]
    with raises(RuntimeError, "start (7) + length (1) exceeds dimension size (7)."):
        lib.nn.GRU(2, 2)(rnn.pack_padded_sequence(x.unsqueeze(2).expand(4, 3, 2), [5, 2, 1]))


def test_lengths_may_be_a_tensor_of_any_dtype(lib, rnn):
    x = lib.arange(12.0).view(4, 3)
    for lengths in ([4, 2, 1], lib.tensor([4.0, 2.7, 1]), lib.tensor([4, 2, 1], dtype=lib.int32)):
        assert rnn.pack_padded_sequence(x, lengths).batch_sizes.tolist() == [3, 2, 1, 1]


def test_padding_to_a_length_with_a_value(rnn, letters):
    packed = rnn.pack_sequence(letters[:2])
    padded, lengths = rnn.pad_packed_sequence(packed, True, -1.0, 4)
    assert padded.tolist() == [[1, 2, 3, -1], [4, 5, -1, -1]]
    assert lengths.tolist() == [3, 2]
    with raises(
        ValueError,
        "Expected total_length to be at least the length of the longest "
        "sequence in input, but got total_length=2 and max sequence length being 3",
    ):
        rnn.pad_packed_sequence(packed, total_length=2)


SORTED = (
    "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can "
    "pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this "
    "requirement if you do not need ONNX exportability."
)
POSITIVE = (
    "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
)
BAD_LENGTHS = [
    ((4, 3), [2, 4, 1], True, SORTED),
    ((4, 3), [4, 2, 0], True, POSITIVE),
    ((4, 3), [4, 0, 2], False, POSITIVE),
    ((4, 3), [4, 2], True,
     "Expected `len(lengths)` to be equal to batch_size, but got 2 (batch_size=3)"),
    ((0, 3), [1, 1, 1], True, "Cannot pack empty tensors."),
    ((4, 3), 3, True, "'lengths' argument should be a 1D CPU int64 tensor, but got 0D cpu Long "
     "tensor"),
]  # fmt: skip


@pytest.mark.parametrize("shape, lengths, enforce_sorted, text", BAD_LENGTHS)
def test_lengths_are_checked(lib, rnn, shape, lengths, enforce_sorted, text):
    with raises(RuntimeError, text):
        rnn.pack_padded_sequence(lib.zeros(shape), lengths, enforce_sorted=enforce_sorted)


# ---- padded ------------------------------------------------------------------------------------


def test_pad_sequence(lib, rnn, letters):
    assert rnn.pad_sequence(letters, batch_first=True).tolist() == [[1, 2, 3], [4, 5, 0], [6, 0, 0]]
    assert rnn.pad_sequence(letters[:2]).tolist() == [[1, 4], [2, 5], [3, 0]]
    left = rnn.pad_sequence(letters[:2], True, -1, "left")
    assert left.tolist() == [[1, 2, 3], [-1, 4, 5]]
    assert rnn.pad_sequence(iter([lib.ones(2, 3), lib.ones(1, 3)])).shape == (2, 2, 3)
    assert rnn.pad_sequence([lib.tensor([1, 2]), lib.tensor([2.5])]).dtype == lib.int64
    assert rnn.pad_sequence(lib.ones(2, 3)).shape == (3, 2)


def test_unpad_sequence(lib, rnn, letters):
    padded = rnn.pad_sequence(letters, batch_first=True)
    parts = rnn.unpad_sequence(padded, lib.tensor([3, 2, 1]), batch_first=True)
    assert [x.tolist() for x in parts] == [x.tolist() for x in letters]
    parts = rnn.unpad_sequence(rnn.pad_sequence(letters), lib.tensor([3, 2, 1]))
    assert [x.tolist() for x in parts] == [x.tolist() for x in letters]


def test_what_pad_sequence_refuses(lib, rnn, letters):
    with raises(RuntimeError, "pad_sequence: Expected iterable for input sequences, but got arg "
                "of type: <class 'int'>"):  # fmt: skip
        rnn.pad_sequence(3)
    with raises(RuntimeError, "received an empty list of sequences"):
        rnn.pad_sequence([])
    with raises(RuntimeError, "Expected padding_side to be one of left or right, but got up."):
        rnn.pad_sequence(letters, padding_side="up")
    with raises(TypeError, "expected Tensor as element 0 in argument 0, but got int"):
        rnn.pad_sequence([1, 2])
    with raises(RuntimeError, "The size of tensor a (3) must match the size of tensor b (2) at "
                "non-singleton dimension 1"):  # fmt: skip
        rnn.pad_sequence([lib.ones(4, 3), lib.ones(2, 2)])


def test_invert_permutation(lib, rnn):
    assert rnn.invert_permutation(lib.tensor([2, 0, 1])).tolist() == [1, 2, 0]
    assert rnn.invert_permutation(None) is None


# ---- gradients ---------------------------------------------------------------------------------


def test_gradients_go_through_packing_and_padding():
    minitorch.manual_seed(0)
    x = minitorch.randn(3, 2, 2, dtype=minitorch.float64).requires_grad_()

    def packing(x):
        packed = pack_padded_sequence(x, [2, 3], enforce_sorted=False)
        return packed.data**2, pad_packed_sequence(packed, True, 1.0)[0] ** 2

    padding = lambda a, b: pad_sequence([a, b], padding_value=1.0) ** 2
    for function, inputs in ((packing, (x,)), (padding, (x[:, 0], x[1:, 1]))):
        assert gradcheck(function, inputs)
        assert gradgradcheck(function, inputs)


def test_padding_gets_no_gradient(lib, rnn):
    x = lib.ones(3, 2, requires_grad=True)
    rnn.pack_padded_sequence(x, [3, 1]).data.sum().backward()
    assert x.grad.tolist() == [[1, 1], [1, 0], [1, 0]]
