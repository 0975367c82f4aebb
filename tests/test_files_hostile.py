"""Files that were damaged, and files that were made to do harm.

A damaged file gives an error or the right data. A hostile one runs nothing, takes no more memory
than it has bytes, comes to an end, and the error names what it asked for.
"""

import io
import os
import pickle
import random
import tracemalloc
import zipfile

import pytest
from exact import raises
from files_cases import CASES, described

import minitorch
from minitorch.serialization import safe_globals

UNSAFE = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` "
    "from `False` to `True`. Re-running `torch.load` with `weights_only` set to `False` will "
    "likely succeed, but it can result in arbitrary code execution. Do it only if you got the file "
    "from a trusted source."
)


# ---- damaged -----------------------------------------------------------------------------------


def whole_file():
    file = io.BytesIO()
    minitorch.save({name: make(minitorch) for name, make in CASES.items()}, file)
    return file.getvalue()


def flipped(data, rng):
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def overwritten(data, rng):
    start = rng.randrange(len(data))
    data[start : start + rng.randint(1, 40)] = rng.randbytes(rng.randint(1, 40))


def cut_off(data, rng):
    del data[rng.randrange(len(data)) :]


def cut_out(data, rng):
    start = rng.randrange(len(data))
    del data[start : start + rng.randint(1, 400)]


def moved(data, rng):
    start, length = rng.randrange(len(data)), rng.randint(1, 200)
    part = data[start : start + length]
    del data[start : start + length]
    place = rng.randrange(len(data))
    data[place:place] = part


def in_the_directory(data, rng):
    """Where no CRC is: names, sizes and places of the records, at the end and before each."""
    begins = [i for i in range(len(data)) if data[i : i + 2] == b"PK"]
    data[min(rng.choice(begins) + rng.randrange(60), len(data) - 1)] = rng.randrange(256)


DAMAGES = (flipped, overwritten, cut_off, cut_out, moved, in_the_directory)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_gives_an_error_or_the_right_data(damage):
    data, rng = whole_file(), random.Random(damage.__name__)
    right = described(minitorch.load(io.BytesIO(data)))
    refused = 0
    for _ in range(350):
        damaged = bytearray(data)
        damage(damaged, rng)
        try:
            found = minitorch.load(io.BytesIO(damaged))
        except (RuntimeError, EOFError, pickle.UnpicklingError, ValueError) as error:
            assert str(error)
            refused += 1
        else:
            assert described(found) == right
    assert refused > 100


def test_every_byte_of_a_small_file():
    file = io.BytesIO()
    minitorch.save(minitorch.tensor([1.0, 2.0]), file)
    for i in range(len(file.getvalue())):
        damaged = bytearray(file.getvalue())
        damaged[i] ^= 0x55
        try:
            found = minitorch.load(io.BytesIO(damaged))
        except (RuntimeError, pickle.UnpicklingError):
            continue
        assert found.tolist() == [1.0, 2.0]


def test_a_mapped_file_that_is_damaged_is_refused_or_has_every_byte_in_its_place(tmp_path):
    data, rng = whole_file(), random.Random(0)
    for _ in range(200):
        damaged = bytearray(data)
        cut_out(damaged, rng)
        (tmp_path / "a.pt").write_bytes(damaged)
        with pytest.raises((RuntimeError, EOFError, pickle.UnpicklingError)):
            minitorch.load(tmp_path / "a.pt", mmap=True)


# ---- hostile archives --------------------------------------------------------------------------


def archive(pickled, storage=bytes(48), more=(), **options):
    """A file with this pickle and one storage."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as new:
        records = [("data.pkl", pickled), ("version", b"3\n"), ("data/0", storage), *more]
        for name, data in records:
            new.writestr(f"archive/{name}", data)
    file.seek(0)
    return file


def refused(file, text):
    """The archive is refused, and says so."""
    with pytest.raises(RuntimeError) as caught:
        minitorch.load(file)
    assert str(caught.value).startswith("PytorchStreamReader failed reading zip archive: ")
    assert text in str(caught.value)


def test_hostile_archives():
    one = b"\x80\x02K\x01."
    assert minitorch.load(archive(one)) == 1
    refused(archive(one, bytes(10**6), compression=zipfile.ZIP_DEFLATED), "is compressed")
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = archive(one, more=[("data/0", b"other")])
    refused(twice, "'archive/data/0' is there twice")
    refused(io.BytesIO(archive(one).getvalue() * 2), "there is something before it")
    refused(io.BytesIO(b"PK\3\4" + bytes(100)), "failed finding central directory")


def test_records_that_overlap_are_refused():
    data = bytearray(archive(b"\x80\x02K\x01.", more=[("data/1", bytes(48))]).getvalue())
    first, second = data.find(b"archive/data/0"), data.find(b"archive/data/1")
    entry = data.rfind(b"archive/data/1") - 46
    data[second + 13 : second + 14] = b"1"
    data[entry + 42 : entry + 46] = (first - 30).to_bytes(4, "little")  # points to the other
    refused(io.BytesIO(data), "'archive/data/")


def test_a_size_that_the_file_does_not_have_takes_no_memory():
    data = bytearray(archive(tensor(size=(3,))).getvalue())
    entry = data.rfind(b"archive/data/0") - 46
    data[entry + 20 : entry + 28] = (2**31).to_bytes(4, "little") * 2
    tracemalloc.start()
    refused(io.BytesIO(data), "reaches beyond its place")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10**6


def test_unknown_words_in_the_records():
    with raises(ValueError, "Unknown endianness type: middle"):
        minitorch.load(archive(tensor(), more=[("byteorder", b"middle")]))
    with pytest.raises(RuntimeError, match="TorchScript archives"):
        minitorch.load(archive(tensor(), more=[("constants.pkl", b"")]))


# ---- hostile tensors ---------------------------------------------------------------------------


class Raw:
    """A pickle written by hand: names, and what is called with what."""

    def __init__(self):
        self.buffer = io.BytesIO()
        self.pickler = pickle._Pickler(self.buffer, 2)
        self.pickler.dispatch = pickle._Pickler.dispatch | {Name: Raw.name, Call: Raw.call,
                                                           Stored: Raw.stored}  # fmt: skip

    def name(self, obj):
        self.write(f"c{obj.module}\n{obj.name}\n".encode())

    def call(self, obj):
        self.save(obj.func)
        self.save(obj.args)
        self.write(pickle.REDUCE)

    def stored(self, obj):
        self.save(obj.pid)
        self.write(pickle.BINPERSID)

    def dumps(self, obj):
        self.pickler.dump(obj)
        return self.buffer.getvalue()


class Name:
    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    def __init__(self, func, *args):
        self.func, self.args = func, args


class Stored:
    def __init__(self, *pid):
        self.pid = pid


FLOATS = Name("torch", "FloatStorage")
REBUILD = Name("torch._utils", "_rebuild_tensor_v2")


def tensor(offset=0, size=(3,), stride=(1,), storage=None, grad=False):
    """The pickle of a tensor in a storage of 12 floats."""
    storage = storage or Stored("storage", FLOATS, "0", "cpu", 12)
    return Raw().dumps(Call(REBUILD, storage, offset, size, stride, grad, {}))


def test_the_pickles_here_are_like_torchs():
    assert minitorch.load(archive(tensor(offset=2, size=(2, 2), stride=(4, 1)))).shape == (2, 2)


OUTSIDE = "storage offset {}, and itemsize 4 requiring a storage size of {} are out of bounds for "
LAYOUTS = [
    (dict(offset=10), "setStorage: sizes [3], strides [1], " + OUTSIDE.format(10, 52)),
    (dict(size=(4, 4), stride=(4, 1)),
     "setStorage: sizes [4, 4], strides [4, 1], " + OUTSIDE.format(0, 64)),
    (dict(stride=(2**40,)), "setStorage: sizes [3], strides [1099511627776], " + OUTSIDE.format(
        0, 8796093022212)),
    (dict(size=(2**62,)), f"setStorage: sizes [{2**62}], strides [1], "
     + OUTSIDE.format(0, 2**64)),
    (dict(offset=-1), "Tensor: invalid storage offset -1"),
    (dict(size=(-3,)), "numel: integer multiplication overflow"),
    (dict(size=(2**40, 2**40), stride=(0, 0)), "numel: integer multiplication overflow"),
    (dict(offset=9, stride=(-1,)),
     "Storage size calculation overflowed with sizes=[3] and strides=[-1]"),
    (dict(size=(3, 2)), "unequal size length (2) and stride length (1)"),
    (dict(grad=7), "requires_grad must be a bool"),
]  # fmt: skip


@pytest.mark.parametrize("layout, text", LAYOUTS)
def test_a_tensor_must_lie_in_its_storage(layout, text):
    with pytest.raises(RuntimeError) as caught:
        minitorch.load(archive(tensor(**layout)))
    assert str(caught.value).startswith(text)


STORAGES = [
    (("storage", FLOATS, "0", "cpu", 10**12), "should have 1000000000000 elements"),
    (("storage", FLOATS, "0", "cpu", -12), "should have -12 elements"),
    (("storage", FLOATS, "0", "cpu", 12.0), "not by"),
    (("storage", FLOATS, 0, "cpu", 12), "not by"),
    (("storage", "float", "0", "cpu", 12), "not by"),
    (("storage",), "not by"),
    (("module", FLOATS, "0", "cpu", 12), "Only persistent_load of storage is allowed"),
    ((), "Only persistent_load of storage is allowed"),
]


@pytest.mark.parametrize("pid, text", STORAGES)
def test_a_storage_must_be_what_the_file_has(pid, text):
    with pytest.raises(pickle.UnpicklingError, match=text):
        minitorch.load(archive(tensor(storage=Stored(*pid))))


def test_a_storage_that_is_not_there_or_leads_out_of_the_archive():
    for key in ("1", "../data.pkl", "/etc/passwd"):
        with raises(RuntimeError, "PytorchStreamReader failed locating file "
                    f"data/{key}: file not found"):  # fmt: skip
            minitorch.load(archive(tensor(storage=Stored("storage", FLOATS, key, "cpu", 12))))


def test_one_storage_cannot_be_of_two_dtypes():
    kinds = [Name("torch", f"{kind}Storage") for kind in ("Float", "Int")]
    pids = [Stored("storage", kind, "0", "cpu", 12) for kind in kinds]
    pickled = Raw().dumps([Call(REBUILD, pid, 0, (1,), (1,), False, {}) for pid in pids])
    with pytest.raises(pickle.UnpicklingError, match="storage '0' is described in two ways"):
        minitorch.load(archive(pickled))


# ---- hostile pickles ---------------------------------------------------------------------------


def harm():
    """What must not happen."""
    raise SystemExit("code was run")


def unsafe(name):
    return (
        f"Unsupported global: GLOBAL {name} was not an allowed global by default. Please use "
        f"`torch.serialization.add_safe_globals([{name}])` or the "
        f"`torch.serialization.safe_globals([{name}])` context manager to allowlist this global if "
        "you trust this class/function."
    )


def blocked(name):
    module = name.partition(".")[0]
    return f"Trying to load unsupported GLOBAL {name} whose module {module} is blocked."


def laughs(n):
    """A tuple of two of a tuple of two of ...: 2 ** n leaves, none of which takes memory."""
    nested = ()
    for _ in range(n):
        nested = (nested, nested)
    return nested


def deep(n):
    return b")" + b"\x85" * n


TYPE = Name("torch._tensor", "_rebuild_from_type_v2")
TENSOR = Name("torch", "Tensor")
STORED = Stored("storage", FLOATS, "0", "cpu", 12)
PLAIN = (STORED, 0, (3,), (1,), False, {})
SET = Name("__builtin__", "set")
MANY = list(range(1000))

PICKLES = {
    "os.system": (Call(Name("os", "system"), "true"), blocked("os.system")),
    "posix.system": (Call(Name("posix", "system"), "true"), blocked("posix.system")),
    "sys.exit": (Call(Name("sys", "exit")), blocked("sys.exit")),
    "eval": (Call(Name("builtins", "eval"), "harm()"), unsafe("eval")),
    "exec of Python 2": (Call(Name("__builtin__", "exec"), "harm()"), unsafe("exec")),
    "getattr": (Call(Name("builtins", "getattr"), 1, "real"), unsafe("getattr")),
    "subprocess": (Call(Name("subprocess", "Popen"), ["true"]), unsafe("subprocess.Popen")),
    "import": (Call(Name("importlib", "import_module"), "os"), unsafe("importlib.import_module")),
    "a name in a name": (Call(Name("collections", "OrderedDict.fromkeys"), "ab"),
                         unsafe("collections.OrderedDict.fromkeys")),
    "a method of a tensor": (Call(Name("torch", "Tensor.__setstate__")),
                             unsafe("torch.Tensor.__setstate__")),
    "ours": (Name("minitorch.serialization.storage", "_rebuild_tensor_v2"),
             unsafe("minitorch.serialization.storage._rebuild_tensor_v2")),
    "pickle in a pickle": (Call(Name("pickle", "loads"), "x"), unsafe("pickle.loads")),
    "a list called": (Call([1], 2), "Trying to call reduce for unrecognized function "
                      "<class 'list'>"),
    "a dtype called": (Call(Name("torch", "float32")), "Trying to call reduce for unrecognized "
                       "function <class 'minitorch.dtypes.dtype'>"),
    "a tensor of any size": (Call(TENSOR, 2**40), "Trying to call reduce for unrecognized function "
                             "<class 'minitorch.tensor.Tensor'>"),
    "bytes of any size": (Call(Name("builtins", "bytearray"), 2**40), "expected bytes, but got"),
    "another codec": (Call(Name("_codecs", "encode"), "x", "rot13"),
                      "bytes are written as latin1, not as 'rot13'"),
    "attributes": (Call(TYPE, REBUILD, TENSOR, PLAIN, {"_array": 1}),
                   "a file may not set the attribute '_array' of a tensor"),
    "methods": (Call(TYPE, REBUILD, TENSOR, PLAIN, {"backward": 1}),
                   "a file may not set the attribute 'backward' of a tensor"),
    "a class of tensors": (Call(TYPE, REBUILD, Name("torch", "Size"), PLAIN, {}),
                           "<class 'type'> is not a class of tensors"),
    "a call in a call": (Call(TYPE, SET, TENSOR, ([],), {}), "cannot make a tensor by <class"),
    "a set of lists": (Call(SET, [[1]]), "the pickle makes no sense: TypeError"),
    "laughs as a key": ({laughs(12): 1}, "the key of a dictionary or the element of a set"),
    "laughs in a set": (Call(SET, [laughs(12)]), "the key of a dictionary or the element of a set"),
    "laughs as an id": (Stored("storage", laughs(60)), "a storage is described by"),
    "laughs as a name": (Call(Name("_codecs", "encode"), "x", laughs(60)),
                         "bytes are written as latin1"),
    "copies of copies": ([Call(SET, MANY) for _ in range(1000)], "more copies than it has data"),
}  # fmt: skip


@pytest.mark.parametrize("name", PICKLES)
def test_hostile_pickles_are_refused_by_name(name):
    obj, text = PICKLES[name]
    with pytest.raises(pickle.UnpicklingError) as caught:
        minitorch.load(archive(Raw().dumps(obj)))
    assert str(caught.value).startswith("Weights only load failed. ") and text in str(caught.value)


BYTES = {
    "INST": (b"\x80\x02(ios\nsystem\n.", "Unsupported operand 105"),
    "OBJ": (b"\x80\x02(cbuiltins\neval\no.", unsafe("eval")),
    "STACK_GLOBAL": (b"\x80\x02\x8c\x02os\x8c\x06system\x93.", "Unsupported operand 140"),
    "EXT1": (b"\x80\x02\x82\x01.", "Unsupported operand 130"),
    "BUILD of a class": (b"\x80\x02ctorch\nTensor\n}X\x01\x00\x00\x00xK\x01sb.",
                         "Can only build Tensor, Parameter, OrderedDict or types allowlisted"),
    "BUILD of a method": (b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsK\x01sb.",
                          "a file may not set 'items' of an OrderedDict"),
    "NEWOBJ": (b"\x80\x02c__builtin__\nbytearray\nK\x05\x85\x81.", "Can only create new object"),
    "items for a list": (b"\x80\x02]K\x01K\x01s.", "Can only SETITEM for dict"),
    "append to a dict": (b"\x80\x02}K\x01a.", "Can only append to lists"),
    "no such memo": (b"\x80\x02h\x05.", "KeyError(5)"),
    "an empty stack": (b".", "IndexError"),
    "nothing": (b"", "pickle data was truncated"),
    "a long string": (b"\x80\x02X\xff\xff\xff\xffabc.", "pickle data was truncated"),
    "a deep key": (b"\x80\x02}" + deep(10**5) + b"K\x01s.", "is too large"),
    "a deep id": (b"\x80\x02" + deep(10**5) + b"Q.", "Only persistent_load of storage"),
    "a list as a key": (b"\x80\x02}]K\x01s.", "unhashable type: 'list'"),
    "an odd number of items": (b"\x80\x02}(K\x01u.", "ValueError"),
}  # fmt: skip


@pytest.mark.parametrize("name", BYTES)
def test_hostile_opcodes_are_refused(name):
    pickled, text = BYTES[name]
    with pytest.raises(pickle.UnpicklingError) as caught:
        minitorch.load(archive(pickled))
    assert text in str(caught.value)


def test_nesting_without_end_is_no_crash():
    for pickled in (deep(10**5) + b".", b"]" * (10**5 + 1) + b"a" * 10**5 + b"."):
        found, depth = minitorch.load(archive(b"\x80\x02" + pickled)), 0
        while found:
            (found,), depth = found, depth + 1
        assert depth == 10**5


def test_the_whole_text_of_a_refusal(lib):
    pickled = Raw().dumps(Call(Name("builtins", "eval"), "harm()"))
    with raises(pickle.UnpicklingError, (
        "Weights only load failed. This file can still be loaded, to do so you have two options, "
        "\033[1mdo those steps only if you trust the source of the checkpoint\033[0m. "
        f"\n\t(1) {UNSAFE}\n\t(2) Alternatively, to load with `weights_only=True` please check the "
        f"recommended steps in the following error message.\n\tWeightsUnpickler error: "
        f"{unsafe('eval')}\n\nCheck the documentation of torch.load to learn more about types "
        "accepted by default with weights_only https://pytorch.org/docs/stable/generated/"
        "torch.load.html.")):  # fmt: skip
        lib.load(archive(pickled))


@pytest.mark.parametrize("name", ["os.system", "eval", "a list called"])
def test_each_kind_of_refusal_is_torchs_text(lib, name):
    obj, text = PICKLES[name]
    with pytest.raises(pickle.UnpicklingError) as caught:
        lib.load(archive(Raw().dumps(obj)))
    ours = str(caught.value)
    assert ours.startswith(f"Weights only load failed. {UNSAFE}\n") == (name != "eval")
    if name != "a list called":  # torch writes the list, ours its type: what is in it may be long
        assert text in ours


class Setter:
    def __setstate__(self, state):
        harm()


def test_setstate_runs_for_classes_that_the_user_allows_alone():
    file = io.BytesIO()
    minitorch.save(Setter(), file)
    pickled = Raw().dumps(Name(__name__, "Setter"))[:-1] + b")\x81}X\x01\x00\x00\x00aK\x01sb."
    with pytest.raises(pickle.UnpicklingError, match="Setter was not an allowed global"):
        minitorch.load(archive(pickled))
    with safe_globals([Setter]), pytest.raises(SystemExit, match="code was run"):
        minitorch.load(archive(pickled))


def test_blocked_modules_stay_blocked():
    with safe_globals([(os.getcwd, "os.getcwd")]), pytest.raises(pickle.UnpicklingError) as caught:
        minitorch.load(archive(Raw().dumps(Call(Name("os", "getcwd")))))
    assert blocked("os.getcwd") in str(caught.value)
