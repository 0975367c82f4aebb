"""Datasets, samplers, collating and the DataLoader, with and without worker processes.

Each behaviour is written once and holds for minitorch and for torch, error texts, warnings and
the order of random numbers included.
"""

import multiprocessing
import os
from collections import OrderedDict, UserDict, UserList, namedtuple
from types import MappingProxyType

import numpy as np
import pytest
from exact import raises

import minitorch
from minitorch.utils.data import dataloader

Point = namedtuple("Point", ["x", "y"])


def plain(value):
    """The value with its tensors as (dtype, list): comparable, whatever the library."""
    if hasattr(value, "requires_grad"):
        return str(value.dtype), value.tolist()
    if isinstance(value, (dict, UserDict)):
        return type(value).__name__, [(key, plain(inner)) for key, inner in value.items()]
    if isinstance(value, (list, tuple, UserList)):
        return type(value).__name__, [plain(inner) for inner in value]
    return value


def rows(lib, n=10):
    return lib.utils.data.TensorDataset(lib.arange(n), lib.arange(2.0 * n).view(n, 2))


def count_up(lib, n, length=None):
    """An iterable dataset of 0 to n - 1."""

    class Count(lib.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(n))

        def __repr__(self):
            return "Count"

    if length is not None:
        Count.__len__ = lambda self: length
    return Count()


# ---- datasets ----------------------------------------------------------------------------------


def test_tensor_dataset(lib):
    data = rows(lib)
    assert len(data) == 10
    assert plain(data[2]) == ("tuple", [("torch.int64", 2), ("torch.float32", [4.0, 5.0])])
    assert plain(data[-1])[1][0] == ("torch.int64", 9)
    assert [x.tolist() for x in data[1:3]] == [[1, 2], [[2.0, 3.0], [4.0, 5.0]]]
    with raises(AssertionError, "Size mismatch between tensors"):
        lib.utils.data.TensorDataset(lib.ones(2), lib.ones(3))


def test_a_dataset_is_to_be_subclassed(lib):
    with raises(NotImplementedError, "Subclasses of Dataset should implement __getitem__."):
        lib.utils.data.Dataset()[0]
    with pytest.raises(TypeError, match="^Can't instantiate abstract class IterableDataset"):
        lib.utils.data.IterableDataset()
    assert not hasattr(lib.utils.data.Dataset[int], "__len__")


def test_concatenation(lib):
    ConcatDataset = lib.utils.data.ConcatDataset
    data = ConcatDataset(iter(["ab", [], "cde"]))
    assert len(data) == 5 and data.cumulative_sizes == [2, 2, 5]
    assert [data[i] for i in (0, 1, 2, 4, -1, -5)] == ["a", "b", "c", "e", "e", "a"]
    both = rows(lib, 2) + rows(lib, 3)
    assert isinstance(both, ConcatDataset) and both[3][0].item() == 1
    with raises(ValueError, "absolute value of index should not exceed dataset length"):
        data[-6]
    with raises(IndexError, "list index out of range"):
        data[5]
    with raises(AssertionError, "datasets should not be an empty iterable"):
        ConcatDataset([])
    with raises(AssertionError, "ConcatDataset does not support IterableDataset"):
        ConcatDataset([count_up(lib, 2)])


def test_chains(lib):
    chain = count_up(lib, 2, length=2) + count_up(lib, 3, length=3)
    assert isinstance(chain, lib.utils.data.ChainDataset)
    assert list(chain) == [0, 1, 0, 1, 2] and len(chain) == 5
    with raises(AssertionError, "ChainDataset only supports IterableDataset"):
        list(lib.utils.data.ChainDataset([[1]]))


def test_stacks(lib):
    StackDataset, Subset = lib.utils.data.StackDataset, lib.utils.data.Subset
    letters = Subset("abc", [2, 1, 0])  # one with __getitems__, one without
    assert StackDataset(letters, range(3))[1] == ("b", 1)
    assert StackDataset(letters, range(3)).__getitems__([0, 2]) == [("c", 0), ("a", 2)]
    named = StackDataset(x=letters, y=range(3))
    assert len(named) == 3 and named[0] == {"x": "c", "y": 0}
    assert named.__getitems__([1, 0]) == [{"x": "b", "y": 1}, {"x": "c", "y": 0}]
    with raises(ValueError, "At least one dataset should be passed"):
        StackDataset()
    with raises(ValueError, "Size mismatch between datasets"):
        StackDataset([1], [2, 3])
    text = ("Supported either ``tuple``- (via ``args``) or``dict``- (via ``kwargs``) like "
            "input/output, but both types are given.")  # fmt: skip
    with raises(ValueError, text):
        StackDataset([1], a=[2])

    class Short(lib.utils.data.Dataset):
        __len__ = lambda self: 3
        __getitems__ = lambda self, indices: [0]

    with raises(ValueError, "Nested dataset's output size mismatch. Expected 2, got 1"):
        StackDataset(Short()).__getitems__([0, 1])


def test_subsets(lib):
    Subset = lib.utils.data.Subset
    part = Subset(list("abcdef"), [5, 0, 3])
    assert len(part) == 3 and part[2] == "d" and part.__getitems__([2, 0]) == ["d", "f"]
    assert Subset(part, [1]).__getitems__([0]) == ["a"]
    assert plain(Subset(rows(lib), [4, 6])[[1, 0]])[1][0] == ("torch.int64", [6, 4])

    class Loud(Subset):
        def __getitem__(self, i):
            return super().__getitem__(i).upper()

    with pytest.raises(NotImplementedError) as error:
        Loud("abc", [0])
    assert str(error.value).startswith("Loud overrides __getitem__ but not __getitems__. When ")


def test_random_split(lib):
    random_split = lib.utils.data.random_split
    seeded = lambda: lib.Generator().manual_seed(3)
    parts = random_split(range(10), [3, 7], generator=seeded())
    order = lib.randperm(10, generator=seeded()).tolist()
    assert [list(part.indices) for part in parts] == [order[:3], order[3:]]
    lib.manual_seed(3)
    assert random_split(range(10), [3, 7])[0].indices == order[:3]
    sizes = [len(part) for part in random_split(range(11), [0.5, 0.25, 0.25])]
    assert sizes == [6, 3, 2]  # 5, 2, 2 and two left over
    with raises(ValueError, "Sum of input lengths does not equal the length of the input dataset!"):
        random_split(range(3), [1, 1])
    with raises(ValueError, "Fraction at index 2 is not between 0 and 1"):
        random_split(range(3), [0.5, 0.75, -0.25])
    text = "^Length of split at index 1 is 0. This might result in an empty dataset.$"
    with pytest.warns(UserWarning, match=text):
        random_split(range(1), [0.5, 0.5])


# ---- samplers ----------------------------------------------------------------------------------


def test_samplers_in_order(lib):
    data = lib.utils.data
    assert list(data.SequentialSampler("abc")) == [0, 1, 2]
    ragged = data.BatchSampler(data.SequentialSampler(range(7)), 3, False)
    assert list(ragged) == [[0, 1, 2], [3, 4, 5], [6]] and len(ragged) == 3
    full = data.BatchSampler(iter(range(7)), batch_size=3, drop_last=True)
    assert list(full) == [[0, 1, 2], [3, 4, 5]]
    assert len(data.BatchSampler(range(6), 3, False)) == 2
    assert len(data.BatchSampler(range(7), 3, True)) == 2
    with pytest.raises(NotImplementedError):
        iter(data.Sampler())


@pytest.mark.parametrize(
    ("name", "arguments", "kind", "text"),
    [
        ("BatchSampler", ([1], 0, False), ValueError,
         "batch_size should be a positive integer value, but got batch_size=0"),
        ("BatchSampler", ([1], True, False), ValueError,
         "batch_size should be a positive integer value, but got batch_size=True"),
        ("BatchSampler", ([1], 2, None), ValueError,
         "drop_last should be a boolean value, but got drop_last=None"),
        ("RandomSampler", ([1], 1), TypeError,
         "replacement should be a boolean value, but got replacement=1"),
        ("RandomSampler", ([],), ValueError,
         "num_samples should be a positive integer value, but got num_samples=0"),
        ("RandomSampler", ([1], False, 1.5), ValueError,
         "num_samples should be a positive integer value, but got num_samples=1.5"),
        ("WeightedRandomSampler", ([1], 0), ValueError,
         "num_samples should be a positive integer value, but got num_samples=0"),
        ("WeightedRandomSampler", ([1], 1, 3), ValueError,
         "replacement should be a boolean value, but got replacement=3"),
        ("WeightedRandomSampler", ([[1]], 1), ValueError,
         "weights should be a 1d sequence but given weights have shape (1, 1)"),
    ],
)  # fmt: skip
def test_refused_samplers(lib, name, arguments, kind, text):
    with raises(kind, text):
        getattr(lib.utils.data, name)(*arguments)


# Two epochs after manual_seed(7), drawn from the global generator and from one of their own, and
# the next number of `rand` after the first of these, as torch 2.13 has them.
RANDOM_ORDERS = {
    "shuffled": (
        lambda data, g: data.RandomSampler(range(6), generator=g),
        ["103245", "513042"], 0.23276156187057495, ["301524", "421305"],
    ),
    "more than there are": (
        lambda data, g: data.RandomSampler(range(3), num_samples=7, generator=g),
        ["1201200", "2011202"], 0.23276156187057495, ["0121021", "2011201"],
    ),
    "with replacement": (
        lambda data, g: data.RandomSampler(range(9), True, 40, generator=g),
        ["1276310641556347567101782620275845410720", "5145227516843420213368683285503115871726"],
        0.23276156187057495,
        ["0472468548718624013634507221650131160588", "7502847281328336511040855375552282540224"],
    ),
    "of a subset": (
        lambda data, g: data.SubsetRandomSampler([4, 5, 6, 7], generator=g),
        ["7645", "6475"], 0.20708602666854858, ["7645", "6475"],
    ),
    "weighted": (
        lambda data, g: data.WeightedRandomSampler([1.0, 2.0, 0.0, 5.0], 8, generator=g),
        ["11333313", "33001003"], 0.6266505718231201, ["11333313", "33001003"],
    ),
    "weighted, each once": (
        lambda data, g: data.WeightedRandomSampler([1.0, 2.0, 3.0, 5.0], 4, False, generator=g),
        ["1302", "2310"], 0.720380425453186, ["1302", "2310"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", RANDOM_ORDERS)
def test_random_orders(lib, case):
    make, from_global, following, from_own = RANDOM_ORDERS[case]
    digits = lambda sampler: "".join(map(str, sampler))
    lib.manual_seed(7)
    sampler = make(lib.utils.data, None)
    assert [digits(sampler), digits(sampler)] == from_global
    assert lib.rand(()).item() == following
    sampler = make(lib.utils.data, lib.Generator().manual_seed(7))
    assert [digits(sampler), digits(sampler)] == from_own
    assert len(sampler) == len(from_own[0])


def test_the_length_of_a_random_sampler_follows_the_data(lib):
    data = [1, 2]
    sampler = lib.utils.data.RandomSampler(data)
    data.append(3)
    assert sampler.num_samples == len(sampler) == 3 and sorted(sampler) == [0, 1, 2]


# ---- collating ---------------------------------------------------------------------------------

REFUSED = (
    "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found "
)
COLLATED = {
    "ints": ([1, 2], ("torch.int64", [1, 2])),
    "bools": ([True, False], ("torch.bool", [True, False])),
    "floats": ([1.0, 2], ("torch.float64", [1.0, 2.0])),
    "NumPy numbers": ([np.float32(1), np.float32(2)], ("torch.float32", [1.0, 2.0])),
    "NumPy bools": ([np.bool_(True)], ("torch.bool", [True])),
    "arrays": ([np.ones(2), np.zeros(2)], ("torch.float64", [[1.0, 1.0], [0.0, 0.0]])),
    "0-d arrays": ([np.array(1), np.array(2)], ("torch.int64", [1, 2])),
    "strings": (["a", "b"], ("list", ["a", "b"])),
    "bytes": ((b"a", b"b"), ("tuple", [b"a", b"b"])),
    "pairs": ([(1, "a"), (2, "b")], ("list", [("torch.int64", [1, 2]), ("tuple", ["a", "b"])])),
    "lists": ([[1, 2], [3, 4]], ("list", [("torch.int64", [1, 3]), ("torch.int64", [2, 4])])),
    "ranges": ([range(1), range(1)], ("list", [("torch.int64", [0, 0])])),
    "own lists": ([UserList([1])], ("UserList", [("torch.int64", [1])])),
    "named pairs": (
        [Point(1, "a"), Point(2, "b")],
        ("Point", [("torch.int64", [1, 2]), ("tuple", ["a", "b"])]),
    ),
    "dicts": ([{"a": [1]}, {"a": [2]}], ("dict", [("a", ("list", [("torch.int64", [1, 2])]))])),
    "ordered dicts": ([OrderedDict(a=1)], ("OrderedDict", [("a", ("torch.int64", [1]))])),
    "own dicts": ([UserDict(a=1)], ("UserDict", [("a", ("torch.int64", [1]))])),
}


@pytest.mark.parametrize("case", COLLATED)
def test_default_collate(lib, case):
    batch, expected = COLLATED[case]
    assert plain(lib.utils.data.default_collate(batch)) == expected


def test_default_collate_keeps_what_it_cannot_change(lib):
    made = lib.utils.data.default_collate([MappingProxyType({"a": 1})])
    assert isinstance(made, MappingProxyType) and made["a"].tolist() == [1]


def test_default_collate_of_tensors(lib):
    collate = lib.utils.data.default_collate
    x = lib.ones(2, requires_grad=True)
    batch = collate([x, x * 2])
    assert batch.tolist() == [[1.0, 1.0], [2.0, 2.0]]
    batch.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    text = "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1"
    with raises(RuntimeError, text):
        collate([lib.ones(2), lib.ones(3)])


@pytest.mark.parametrize(
    ("batch", "kind", "text"),
    [
        ([None], TypeError, REFUSED + "<class 'NoneType'>"),
        ([{1}], TypeError, REFUSED + "<class 'set'>"),
        ([[object()]], TypeError, REFUSED + "<class 'object'>"),
        ([np.array(["a"])], TypeError, REFUSED + "<U1"),
        ([np.array([None])], TypeError, REFUSED + "object"),
        ([[1, 2], [3]], RuntimeError, "each element in list of batch should be of equal size"),
    ],
)
def test_refused_batches(lib, batch, kind, text):
    with raises(kind, text):
        lib.utils.data.default_collate(batch)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (0, 0),
        ("abc", "abc"),
        (np.str_("a"), "a"),
        (np.array([0, 1]), ("torch.int64", [0, 1])),
        (np.float64(1), ("torch.float64", 1.0)),
        (Point(np.array(0), 1), ("Point", [("torch.int64", 0), 1])),
        ((np.array(0), "a"), ("list", [("torch.int64", 0), "a"])),
        ([np.array(1)], ("list", [("torch.int64", 1)])),
        ({"a": np.array(1)}, ("dict", [("a", ("torch.int64", 1))])),
        (range(2), ("list", [0, 1])),
        (None, None),
    ],
)
def test_default_convert(lib, data, expected):
    assert plain(lib.utils.data.default_convert(data)) == expected


def test_default_convert_leaves_the_rest_as_it_is(lib):
    convert = lib.utils.data.default_convert
    tensor, words = lib.ones(1), np.array(["a"])
    assert convert(tensor) is tensor and convert(words) is words


# ---- the loader: options -----------------------------------------------------------------------

MANY = "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
ITERABLE = "DataLoader with IterableDataset: expected unspecified {0} option, but got {0}={1}"


@pytest.mark.parametrize(
    ("options", "kind", "text"),
    [
        ({"batch_size": 0}, ValueError,
         "batch_size should be a positive integer value, but got batch_size=0"),
        ({"drop_last": 3}, ValueError, "drop_last should be a boolean value, but got drop_last=3"),
        ({"sampler": [0], "shuffle": True}, ValueError,
         "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[0]], "batch_size": 2}, ValueError, MANY),
        ({"batch_sampler": [[0]], "shuffle": True}, ValueError, MANY),
        ({"batch_sampler": [[0]], "sampler": [0]}, ValueError, MANY),
        ({"batch_sampler": [[0]], "drop_last": True}, ValueError, MANY),
        ({"batch_size": None, "drop_last": True}, ValueError,
         "batch_size=None option disables auto-batching and is mutually exclusive with drop_last"),
        ({"num_workers": -1}, ValueError, "num_workers option should be non-negative; "
         "use num_workers=0 to disable multiprocessing."),
        ({"timeout": -1}, ValueError, "timeout option should be non-negative"),
        ({"prefetch_factor": 2}, ValueError, "prefetch_factor option could only be specified in "
         "multiprocessing.let num_workers > 0 to enable multiprocessing, otherwise set "
         "prefetch_factor to None."),
        ({"num_workers": 1, "prefetch_factor": -1}, ValueError,
         "prefetch_factor option should be non-negative"),
        ({"persistent_workers": True}, ValueError,
         "persistent_workers option needs num_workers > 0"),
        ({"multiprocessing_context": "fork"}, ValueError, "multiprocessing_context can only be "
         "used with multi-process loading (num_workers > 0), but got num_workers=0"),
        ({"num_workers": 1, "multiprocessing_context": 3}, TypeError, "multiprocessing_context "
         "option should be a valid context object or a string specifying the start method, but got "
         "multiprocessing_context=3"),
    ],
)  # fmt: skip
def test_refused_options(lib, options, kind, text):
    with raises(kind, text):
        lib.utils.data.DataLoader(rows(lib), **options)


def test_refused_start_method(lib):
    methods = multiprocessing.get_all_start_methods()
    text = (f"multiprocessing_context option should specify a valid start method in {methods!r}, "
            "but got multiprocessing_context='knife'")  # fmt: skip
    with raises(ValueError, text):
        lib.utils.data.DataLoader([1], num_workers=1, multiprocessing_context="knife")


@pytest.mark.parametrize(
    ("option", "value"), [("shuffle", True), ("sampler", [1]), ("batch_sampler", [[1]])]
)
def test_refused_options_of_an_iterable_dataset(lib, option, value):
    with raises(ValueError, ITERABLE.format(option, value)):
        lib.utils.data.DataLoader(count_up(lib, 3), **{option: value})


def test_other_refusals(lib):
    loader = lib.utils.data.DataLoader(rows(lib))
    text = "batch_size attribute should not be set after DataLoader is initialized"
    with raises(ValueError, text):
        loader.batch_size = 3
    with raises(AssertionError, "_SingleProcessDataLoaderIter requires timeout == 0"):
        iter(lib.utils.data.DataLoader([1], timeout=1))
    with raises(
        ValueError, "num_samples should be a positive integer value, but got num_samples=0"
    ):
        lib.utils.data.DataLoader([], shuffle=True)
    text = "^'pin_memory' argument is set as true but no accelerator is found, then device pinned "
    with pytest.warns(UserWarning, match=text):
        iter(lib.utils.data.DataLoader([1], pin_memory=True))
    most = len(os.sched_getaffinity(0))
    text = f"^This DataLoader will create {most + 1} worker processes in total. Our suggested max "
    text += f"number of worker in current system is {most}, which is smaller than what "
    with pytest.warns(UserWarning, match=text):
        lib.utils.data.DataLoader([1], num_workers=most + 1)


# ---- the loader: batches -----------------------------------------------------------------------


def test_batches_in_order(lib):
    loader = lib.utils.data.DataLoader(rows(lib), batch_size=4)
    batches = [plain(batch) for batch in loader]
    assert len(loader) == len(batches) == len(iter(loader)) == 3
    assert batches[2] == (
        "list", [("torch.int64", [8, 9]), ("torch.float32", [[16.0, 17.0], [18.0, 19.0]])],
    )  # fmt: skip
    assert [plain(batch) for batch in loader] == batches
    loader = lib.utils.data.DataLoader(rows(lib), batch_size=4, drop_last=True)
    assert len(loader) == len(list(loader)) == 2


def test_samples_one_by_one(lib):
    loader = lib.utils.data.DataLoader([np.array(1), "a"], batch_size=None)
    assert [plain(sample) for sample in loader] == [("torch.int64", 1), "a"] and len(loader) == 2


def test_the_order_can_be_given(lib):
    loader = lib.utils.data.DataLoader
    first = lambda loader: [x.tolist() for x, _ in loader]
    assert first(loader(rows(lib), 2, sampler=[3, 1, 2])) == [[3, 1], [2]]
    assert first(loader(rows(lib), batch_sampler=[[3], [1, -2]])) == [[3], [1, 8]]
    with raises(IndexError, "index 11 is out of bounds for dimension 0 with size 10"):
        list(loader(rows(lib), sampler=[11]))
    with raises(IndexError, "index -11 is out of bounds for dimension 0 with size 10"):
        list(loader(rows(lib), sampler=[-11]))


# Recorded from torch 2.13 like RANDOM_ORDERS.
SHUFFLED = (
    [
        [[5, 1, 3, 0], [4, 2]],
        [[5, 3, 0, 2], [4, 1]],
        [[1, 2, 5, 3], [0, 4]],
        [[2, 1, 4, 0], [5, 3]],
    ],
    0.36531615257263184,
)


def test_shuffled_batches(lib):
    lib.manual_seed(7)
    loader = lib.utils.data.DataLoader(range(6), batch_size=4, shuffle=True)
    epochs = [[batch.tolist() for batch in loader] for _ in range(2)]
    following = lib.rand(()).item()
    generator = lib.Generator().manual_seed(7)
    loader = lib.utils.data.DataLoader(range(6), batch_size=4, shuffle=True, generator=generator)
    epochs += [[batch.tolist() for batch in loader] for _ in range(2)]
    assert (epochs, following) == SHUFFLED


def test_collate_fn_gets_the_samples(lib):
    seen = []
    loader = lib.utils.data.DataLoader(rows(lib, 3), batch_size=2, collate_fn=seen.append)
    assert list(loader) == [None, None]
    assert [[x.item() for x, _ in samples] for samples in seen] == [[0, 1], [2]]


def test_getitems_is_used(lib):
    class Data(lib.utils.data.Dataset):
        __len__ = lambda self: 4
        __getitems__ = lambda self, indices: [10 * i for i in indices]

    loader = lib.utils.data.DataLoader(Data(), batch_size=3)
    assert [batch.tolist() for batch in loader] == [[0, 10, 20], [30]]


def test_a_subclass_of_tensor_dataset_is_asked_for_samples(lib):
    class Negative(lib.utils.data.TensorDataset):
        def __getitem__(self, i):
            return tuple(-t for t in super().__getitem__(i))

    parts = [Negative(lib.arange(3)), lib.utils.data.Subset(Negative(lib.arange(3)), [2, 1, 0])]
    batches = [next(iter(lib.utils.data.DataLoader(part, 3)))[0].tolist() for part in parts]
    assert batches == [[0, -1, -2], [-2, -1, 0]]


def test_batches_do_not_share_memory_with_the_data(lib):
    x = lib.zeros(4, 2)
    for part in (lib.utils.data.TensorDataset(x), lib.utils.data.Subset([x], [0])):
        next(iter(lib.utils.data.DataLoader(part, 1)))[0].fill_(1)
    assert x.sum().item() == 0


def test_batches_have_the_history_of_the_samples(lib):
    x = lib.ones(3, requires_grad=True)
    for (batch,) in lib.utils.data.DataLoader(lib.utils.data.TensorDataset(x), 2):
        batch.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


LAYOUTS = {
    "as it is": lambda x: x,
    "transposed": lambda x: x.T.copy().T,
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_gathered_batch_is_the_collated_one(layout):
    data = minitorch.utils.data
    x = minitorch.from_numpy(LAYOUTS[layout](np.arange(24).reshape(6, 4)))
    samples = data.TensorDataset(x, minitorch.arange(6.0))
    parts = {"whole": samples, "part": data.Subset(data.Subset(samples, range(1, 6)), [4, 0, 2])}
    for part in parts.values():
        indices = [2, 0, 1, 1]
        gathered = dataloader.gather(part, indices)
        collated = data.default_collate([part[i] for i in indices])
        assert plain(gathered) == plain(collated)
        assert [t.stride() for t in gathered] == [t.stride() for t in collated]


@pytest.mark.parametrize("indices", [[7], [-7], [0.5], [[0]], ["a"], [slice(2)], [True], []])
def test_what_is_not_gathered(indices):
    samples = minitorch.utils.data.TensorDataset(minitorch.arange(6))
    assert dataloader.gather(samples, [5, -6]) is not None
    assert dataloader.gather(samples, indices) is None


def test_iterable_datasets(lib):
    loader = lib.utils.data.DataLoader(count_up(lib, 5), batch_size=2)
    assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3], [4]]
    loader = lib.utils.data.DataLoader(count_up(lib, 5), batch_size=2, drop_last=True)
    assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3]]
    assert list(lib.utils.data.DataLoader(count_up(lib, 2), batch_size=None)) == [0, 1]
    with pytest.raises(TypeError, match=r"has no len\(\)$"):
        len(loader)


def test_an_iterable_dataset_longer_than_it_said(lib):
    loader = lib.utils.data.DataLoader(count_up(lib, 3, length=2))
    assert len(list(loader)) == 3  # nobody has asked for the length
    assert len(loader) == 2
    assert len(lib.utils.data.DataLoader(count_up(lib, 3, length=3), batch_size=2)) == 2
    text = ("Length of IterableDataset Count was reported to be 2(when accessing len(dataloader)), "
            "but 3 samples have been fetched. ")  # fmt: skip
    with pytest.warns(UserWarning) as caught:
        list(loader)
    assert [str(warning.message) for warning in caught] == [text]
