"""save and load: our files here and in torch, torch's files here, and what is refused.

Files that torch wrote lie in golden/files (made by record_files.py), so most of this needs no
torch. Hostile and damaged files are in test_files_hostile.py, crashes in test_files_atomic.py.
"""

import gzip
import importlib
import io
import os
import pickle
import stat
import subprocess
import sys
import tracemalloc
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from exact import raises
from files_cases import CASES, DTYPES, described

import minitorch
from minitorch import nn
from minitorch.serialization import safe_globals, safetensors

GOLDEN = Path(__file__).parent / "golden" / "files"


def written(obj, lib=minitorch, **options):
    """A file with an object in it, at its beginning."""
    file = io.BytesIO()
    lib.save(obj, file, **options)
    file.seek(0)
    return file


def through(obj, **options):
    """An object after `save` and `load`."""
    return minitorch.load(written(obj), **options)


# ---- round trips -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_what_was_saved_is_loaded(case):
    assert described(through(CASES[case](minitorch))) == described(CASES[case](minitorch))


@pytest.mark.parametrize("case", CASES)
def test_files_of_torch_load_without_torch(case):
    loaded = minitorch.load(GOLDEN / f"{case}.pt")
    assert described(loaded) == described(CASES[case](minitorch))


@pytest.mark.torch
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("writer, reader", [("minitorch", "torch"), ("torch", "minitorch")])
def test_both_ways_with_torch(case, writer, reader):
    writer, reader = importlib.import_module(writer), importlib.import_module(reader)
    loaded = reader.load(written(CASES[case](writer), writer), weights_only=True)
    assert described(loaded) == described(CASES[case](reader))


@pytest.mark.torch
@pytest.mark.parametrize("case", CASES)
def test_the_golden_files_are_what_torch_writes(case):
    import torch

    now, stored = written(CASES[case](torch), torch), GOLDEN / f"{case}.pt"
    with zipfile.ZipFile(now) as a, zipfile.ZipFile(stored) as b:
        assert a.read("archive/data.pkl") == b.read(f"{case}/data.pkl")


@pytest.mark.torch
def test_a_state_dict_is_pickled_byte_for_byte_as_torch_does():
    import torch

    files = [written(lib.nn.Linear(3, 2).state_dict(), lib) for lib in (minitorch, torch)]
    ours, theirs = (zipfile.ZipFile(file) for file in files)
    assert ours.namelist() == theirs.namelist()
    assert ours.read("archive/data.pkl") == theirs.read("archive/data.pkl")


def test_torch_is_not_imported():
    code = "import sys, minitorch; minitorch.load(sys.argv[1]); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, GOLDEN / "states.pt"], check=True)


# ---- memory ------------------------------------------------------------------------------------


def test_memory_that_was_shared_is_shared_again_and_written_once():
    base = minitorch.arange(1000.0)
    file = written(
        {"base": base, "head": base[:10], "same": base, "turned": base.view(10, 100).t()}
    )
    assert len(file.getvalue()) < 6000
    loaded = minitorch.load(file)
    assert loaded["same"] is loaded["base"]
    loaded["base"][0] = 5
    assert loaded["head"][0] == 5 and loaded["turned"][0, 0] == 5


def test_a_part_keeps_the_storage_it_lies_in():
    part = through(minitorch.arange(10)[3:6])
    assert part.storage_offset() == 3 and part.tolist() == [3, 4, 5]


def test_tied_weights_stay_tied():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    state = through(net.state_dict())
    assert state["0.weight"].data_ptr() == state["1.weight"].data_ptr()


@pytest.mark.parametrize("make", [
    lambda a: a[::-1], lambda a: a.astype(np.float64).view(np.float32)[1::2],
    lambda a: np.frombuffer(b"abcdefgh" * 3, np.float32, 3, offset=1), np.asfortranarray,
])  # fmt: skip
def test_whatever_numpy_may_hand_us(make):
    array = make(np.arange(12, dtype=np.float32).reshape(3, 4))
    t = minitorch.tensor([0.0])
    t._array = array  # from_numpy refuses negative steps; an operation may still make them
    loaded = through(t)
    assert loaded.tolist() == array.tolist() and loaded.dtype is minitorch.float32


def test_loaded_tensors_can_be_written_to_and_learn():
    state = through({"w": minitorch.ones(2, requires_grad=True), "x": minitorch.zeros(2)})
    state["x"].add_(1)
    (state["w"] * state["x"]).sum().backward()
    assert state["w"].grad.tolist() == [1.0, 1.0]


def test_neither_way_holds_the_numbers_twice(tmp_path):
    t, path = minitorch.ones(5_000_000), tmp_path / "a.pt"
    tracemalloc.start()
    minitorch.save(t, path)
    saving = tracemalloc.get_traced_memory()[1]
    loaded = minitorch.load(path)
    loading = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert loaded.nbytes == 2e7 and saving < 0.2e7 and loading < 2.2e7


def test_two_dtypes_of_one_memory_cannot_be_saved():
    a = np.zeros(4, np.float32)
    with raises(RuntimeError, "Cannot save multiple tensors or storages that view the same data "
                "as different types"):  # fmt: skip
        written([minitorch.from_numpy(a), minitorch.from_numpy(a.view(np.int32))])


@pytest.mark.parametrize("dtype", DTYPES)
def test_big_endian_files(dtype):
    t = minitorch.tensor([[0, 1, 2], [3, 0, 5]], dtype=getattr(minitorch, dtype))
    swapped = t._array.byteswap().tobytes()
    big = _with_record(written(t), {"byteorder": b"big", "data/0": swapped})
    assert minitorch.load(big).tolist() == t.tolist()


def _with_record(file, changed):
    """An archive with other contents of some records."""
    new = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(new, "w") as archive:
        for name in old.namelist():
            archive.writestr(name, changed.get(name.partition("/")[2], old.read(name)))
    new.seek(0)
    return new


# ---- training goes on --------------------------------------------------------------------------


def test_training_goes_on_from_a_file_to_the_same_numbers():
    def steps(net, optimizer, n):
        for i in range(n):
            optimizer.zero_grad()
            net(minitorch.full((4, 3), i + 1.0)).square().mean().backward()
            optimizer.step()

    def start():
        minitorch.manual_seed(0)
        net = nn.Linear(3, 2)
        return net, minitorch.optim.Adam(net.parameters(), lr=0.1)

    net, optimizer = start()
    steps(net, optimizer, 3)
    file = written({"net": net.state_dict(), "optimizer": optimizer.state_dict()})
    steps(net, optimizer, 3)
    again, other = start()
    saved = minitorch.load(file)
    again.load_state_dict(saved["net"])
    other.load_state_dict(saved["optimizer"])
    steps(again, other, 3)
    assert described(again.state_dict()) == described(net.state_dict())


# ---- where to and where from -------------------------------------------------------------------


def test_paths_files_and_what_only_reads_and_writes(tmp_path):
    t = minitorch.arange(5)
    for path in (tmp_path / "a.pt", str(tmp_path / "b.pt"), tmp_path / "ä.pt", tmp_path / "c"):
        minitorch.save(t, path)
        assert minitorch.load(path).tolist() == t.tolist()
        with open(path, "rb") as file:
            assert minitorch.load(file).tolist() == t.tolist()
    with zipfile.ZipFile(tmp_path / "a.pt") as archive:
        assert archive.namelist()[0] == "a/data.pkl" and archive.testzip() is None
    with gzip.open(tmp_path / "d.gz", "wb") as file:
        minitorch.save(t, file)
    with gzip.open(tmp_path / "d.gz", "rb") as file:
        assert minitorch.load(file).tolist() == t.tolist()


def test_records_begin_where_a_mapped_file_can_be_used():
    with zipfile.ZipFile(written(minitorch.ones(3))) as archive:
        file = archive.fp
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            name, extra = np.frombuffer(file.read(4), "<u2").tolist()
            assert (info.header_offset + 30 + name + extra) % 64 == 0


@pytest.mark.parametrize("reader", ["minitorch", pytest.param("torch", marks=pytest.mark.torch)])
def test_large_records_have_64_bit_sizes(monkeypatch, reader):
    monkeypatch.setattr(minitorch.serialization.archive, "_LARGE", 100)
    loaded = importlib.import_module(reader).load(written([minitorch.arange(n) for n in (5, 500)]))
    assert [t.tolist() for t in loaded] == [list(range(5)), list(range(500))]


def test_words_for_what_is_no_file(lib, tmp_path):
    with raises(AttributeError, "expected 'f' to be string, path, or a file-like object with a "
                "'write' attribute"):  # fmt: skip
        lib.save(1, 3)
    with raises(RuntimeError, f"Parent directory {tmp_path}/no does not exist."):
        lib.save(1, tmp_path / "no" / "a.pt")
    with raises(AttributeError, "'int' object has no attribute 'seek'. You can only torch.load "
                "from a file that is seekable. Please pre-load the data into a buffer like "
                "io.BytesIO and try to load from it instead."):  # fmt: skip
        lib.load(3)
    with pytest.raises(FileNotFoundError):
        lib.load(tmp_path / "no.pt")
    with pytest.raises(EOFError):
        lib.load(io.BytesIO())
    with raises(ValueError, "f must be a file path in order to use the mmap argument"):
        lib.load(written(1, lib), mmap=True)
    assert lib.load(written(1, lib), pickle_module=pickle) == 1
    with raises(RuntimeError, "Can not safely load weights when explicit pickle_module is "
                "specified"):  # fmt: skip
        lib.load(written(1, lib), pickle_module=pickle, weights_only=True)


def test_old_formats_are_refused_and_say_what_to_do():
    with pytest.raises(RuntimeError, match="older file, load it in torch and save it again"):
        minitorch.load(GOLDEN / "legacy.pt")
    with pytest.raises(NotImplementedError, match="zip archives"):
        minitorch.save(1, io.BytesIO(), _use_new_zipfile_serialization=False)


def test_an_old_file_keeps_its_mode_and_a_link_its_target(tmp_path):
    target, link = tmp_path / "target.pt", tmp_path / "link.pt"
    minitorch.save(1, target)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~umask
    target.chmod(0o640)
    link.symlink_to(target)
    minitorch.save(2, link)
    assert link.is_symlink() and minitorch.load(target) == 2
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_functions_that_have_no_name_of_their_own_cannot_be_saved(lib):
    for nameless in (lambda: 1, type("Local", (), {"__qualname__": "f.<locals>.Local"})):
        with pytest.raises(Exception) as expected:
            pickle.dumps(nameless)
        with raises(type(expected.value), str(expected.value)):
            lib.save({"activation": nameless}, io.BytesIO())


def test_hooks_are_left_out_with_a_warning(lib):
    t = lib.ones(2, requires_grad=True)
    t.register_hook(print)
    with pytest.warns(UserWarning, match=r"backward hook <built-in function print> on tensor will"):
        file = written(t, lib)
    assert lib.load(file).requires_grad


# ---- memory-mapped -----------------------------------------------------------------------------


def test_a_mapped_file_is_read_when_looked_at_and_never_written_to(tmp_path):
    path = tmp_path / "a.pt"
    minitorch.save({"a": minitorch.arange(1000.0), "empty": minitorch.zeros(0)}, path)
    before = path.read_bytes()
    mapped = minitorch.load(path, mmap=True)
    owner = mapped["a"]._array.base
    assert not owner.flags.owndata and mapped["a"].data_ptr() % 64 == 0
    assert mapped["a"].sum() == 499500 and mapped["empty"].shape == (0,)
    mapped["a"].zero_()
    assert mapped["a"].sum() == 0 and path.read_bytes() == before


def test_a_mapped_tensor_outlives_its_file(tmp_path):
    path = tmp_path / "a.pt"
    minitorch.save(minitorch.arange(10), path)
    t = minitorch.load(path, mmap=True)
    minitorch.save(minitorch.zeros(3), path)
    assert t.tolist() == list(range(10))


# ---- map_location ------------------------------------------------------------------------------


def test_map_location_in_all_its_forms(lib):
    t = lib.arange(3)
    functions = (lambda storage, location: storage if location == "cpu" else 1 / 0,
                 lambda storage, location: None,
                 lambda storage, location: storage.cpu())  # fmt: skip
    for where in (None, "cpu", lib.device("cpu"), {"cpu": "cpu"}, {"cuda:0": "xyz"}, *functions):
        assert lib.load(written(t, lib), map_location=where).tolist() == [0, 1, 2]


@pytest.mark.parametrize(("where", "kind", "text"), [
    (lambda storage, location: {}["gpu"], KeyError, "gpu"),
    (lambda storage: storage, TypeError,
     "<lambda>() takes 1 positional argument but 2 were given"),
    (0, TypeError, "'int' object is not callable"),
])  # fmt: skip
@pytest.mark.parametrize("weights_only", [True, False])
def test_what_a_function_as_map_location_raises(lib, where, kind, text, weights_only):
    with raises(kind, text):
        lib.load(written(lib.ones(1), lib), map_location=where, weights_only=weights_only)


def test_the_device_in_a_file_can_be_mapped_away(lib):
    file = written(lib.arange(3), lib)
    with zipfile.ZipFile(file) as archive:
        data = archive.read("archive/data.pkl")
    data = data.replace(b"\x03\0\0\0cpu", b"\x06\0\0\0cuda:0")
    loaded = lib.load(_with_record(file, {"data.pkl": data}), map_location={"cuda:0": "cpu"})
    assert loaded.tolist() == [0, 1, 2] and loaded.device == lib.device("cpu")


def test_words_for_devices_that_are_not_there(lib):
    file = written(lib.arange(3), lib)
    with raises(RuntimeError, "don't know how to restore data location of "
                "torch.storage.UntypedStorage (tagged with xyz)"):  # fmt: skip
        lib.load(file, map_location="xyz")


@pytest.mark.skipif(find_spec("cupy") is not None, reason="with CuPy there may be a GPU")
def test_words_for_a_gpu_that_is_not_there(lib):
    for where in ("cuda", lib.device("cuda", 1), {"cpu": "cuda:0"}):
        with raises(RuntimeError, (
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is "
            "False. If you are running on a CPU-only machine, please use torch.load with "
            "map_location=torch.device('cpu') to map your storages to the CPU.")):  # fmt: skip
            lib.load(written(lib.arange(3), lib), map_location=where)


# ---- whole modules and other classes -----------------------------------------------------------


class Config:
    """A class of the user's."""

    def __init__(self, size):
        self.size = size


class Slotted:
    __slots__ = ("size",)


class Stateful(Config):
    def __setstate__(self, state):
        self.size = state["size"] + 1


class Named(minitorch.Tensor):
    """A tensor with a class of its own."""


def test_a_module_needs_weights_only_false():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    with pytest.raises(pickle.UnpicklingError, match="GLOBAL minitorch.nn.containers.Sequential"):
        through(net)
    again = through(net, weights_only=False)
    assert repr(again) == repr(net)
    assert described(again.state_dict()) == described(net.state_dict())
    assert all(isinstance(p, nn.Parameter) for p in again.parameters())


def test_the_cases_load_with_pickle_as_well():
    for make in CASES.values():
        loaded = through(make(minitorch), weights_only=False)
        assert described(loaded) == described(make(minitorch))


def test_a_module_of_torch_is_refused_by_name():
    with pytest.raises(pickle.UnpicklingError, match="torch.nn.modules.linear.Linear is torch's"):
        minitorch.load(GOLDEN / "module.pt", weights_only=False)
    with pytest.raises(pickle.UnpicklingError, match="GLOBAL torch.nn.modules.linear.Linear was"):
        minitorch.load(GOLDEN / "module.pt")


def test_classes_that_the_user_allows():
    slotted = Slotted()
    slotted.size = 5
    objects = [Config(3), slotted, Stateful(1)]
    with pytest.raises(pickle.UnpicklingError, match=r"add_safe_globals\(\[\S*Config\]\)"):
        through(objects)
    with safe_globals([Config, Slotted, (Stateful, f"{__name__}.Stateful")]):
        loaded = through(objects)
    assert [(type(o), o.size) for o in loaded] == [(Config, 3), (Slotted, 5), (Stateful, 2)]
    assert minitorch.serialization.get_safe_globals() == []


def test_a_class_of_tensors_that_the_user_allows():
    named = Named([1.0, 2.0])
    named.label = "weights"
    with safe_globals([Named]):
        loaded = through(named)
    assert type(loaded) is Named and loaded.label == "weights" and loaded.tolist() == [1.0, 2.0]


@pytest.mark.torch
def test_the_functions_for_safe_globals_are_torchs():
    import torch

    for name in ("add_safe_globals", "clear_safe_globals", "get_safe_globals", "safe_globals"):
        assert hasattr(torch.serialization, name) and hasattr(minitorch.serialization, name)


# ---- safetensors -------------------------------------------------------------------------------


def of_all_dtypes(lib):
    return {name: lib.tensor([[0, 1], [2, 3]], dtype=getattr(lib, name)) for name in DTYPES}


@pytest.fixture(params=["minitorch", pytest.param("torch", marks=pytest.mark.torch)])
def safe(request):
    """(a library, its functions for safetensors)."""
    modules = {"minitorch": "minitorch.serialization.safetensors", "torch": "safetensors.torch"}
    return importlib.import_module(request.param), importlib.import_module(modules[request.param])


def test_safetensors_both_ways(safe, tmp_path):
    lib, package = safe
    path = tmp_path / "a.safetensors"
    others = {"empty": minitorch.ones(2, 0), "0-d": minitorch.tensor(2.0)}
    cases = {**of_all_dtypes(minitorch), **others}
    wanted = {name: described(t) for name, t in cases.items()}
    safetensors.save_file(cases, path, {"made": "here"})
    for loaded in (lib.load(path), package.load_file(path), package.load(safetensors.save(cases))):
        assert {name: described(t) for name, t in loaded.items()} == wanted
    for where in ("cpu", lib.device("cpu")):
        assert lib.load(path, map_location=where)["0-d"].item() == 2.0
    for kind, where in (("dict", {"cpu": "cpu"}), ("callable", lambda storage, location: storage)):
        with raises(RuntimeError, f"Loading safetensors file with {kind} map_location is not "
                    "supported. Use a device string or torch.device instead."):  # fmt: skip
            lib.load(path, map_location=where)
    package.save_file(of_all_dtypes(lib), path)
    loaded = safetensors.load_file(path)
    assert all(described(t) == wanted[name] for name, t in loaded.items()) and len(loaded) == 9
    loaded["float32"].zero_()
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_what_safetensors_cannot_hold(safe, tmp_path):
    lib, package = safe
    path, t = tmp_path / "a.safetensors", lib.ones(3)
    with pytest.raises(RuntimeError, match=r"tensors share memory.*again: \[\{'[ab]', '[ab]'\}\]"):
        package.save_file({"a": t, "b": t[1:]}, path)
    with raises(ValueError, "You are trying to save a non contiguous tensor: `a` which is not "
                "allowed. It either means you are trying to save tensors which are reference of "
                "each other in which case it's recommended to save only the full tensors, and "
                "reslice at load time, or simply call `.contiguous()` on your tensor to pack it "
                "before saving."):  # fmt: skip
        package.save_file({"a": lib.ones(2, 3).t()}, path)
    with raises(ValueError, "Key `a` is invalid, expected torch.Tensor but received <class 'int'>"):
        package.save_file({"a": 1}, path)
    package.save_file({"a": t[:1], "b": t[1:]}, path)  # parts of one storage that do not overlap
    assert {name: t.tolist() for name, t in package.load_file(path).items()} == {
        "a": [1.0], "b": [1.0, 1.0]}  # fmt: skip


def test_a_damaged_file_of_safetensors_is_refused(tmp_path):
    path = tmp_path / "a.safetensors"
    safetensors.save_file({"a": minitorch.ones(3)}, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Exception, match="incomplete metadata|not fully covered"):
        safetensors.load_file(path)


def test_without_the_package_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError) as caught:
        safetensors.save({"a": minitorch.ones(1)})
    assert caught.value.__notes__ == ["Install it: pip install minitorch-course[files]"]
