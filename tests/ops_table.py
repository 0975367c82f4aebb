"""The op table: one line for each operation, from which test_ops.py makes its tests.

A family is a file in `ops/` with a text OPS (and, if it needs more inputs, a dict INPUTS):

    OPS = '''
    add         a, b; a, 2; a, b, alpha=3               | a, c
    sum         A; A, 1; A, (0, -1), keepdim=True       | A, 3
    softmax     a, dim=1
    ~empty      2, 3
    !rand       2, 3
    '''

A line is the name of the operation, its calls (argument lists, separated by `;`) and, after `|`,
wrong calls. A line that starts with spaces adds to the list of the one before. Whatever a call
gives, and the error of a wrong one, is recorded from torch by `golden/record_ops.py`: run it after
changing a line. A name is looked up as `lib.name`, else as a method of its first argument, whether
it is spelled `name`, `name_` (which is given a clone), `T` (an attribute) or `__add__`; the names
of the family `functional` in `lib.nn.functional`. `.name` is the method alone. `~` marks results
whose numbers are whatever was in memory, `!` those that are drawn (the generator is seeded before
each call), `=` calls that are made only as they stand.

Arguments are Python, with these names: the inputs below, `lib`, `nan`, `inf`, and `at[1:, None]`
for an index.
An input is a tensor with the same numbers every time; no two numbers of an input are equal, none
is zero, a half or whole: gradients are checked there by finite differences.

    a real (2, 3)      b real (3,), broadcasts with a      c real (2, 4), does not
    A real (2, 3, 4)   B real (2, 4, 2)                    M real (3, 4)      N real (4, 2)
    v, w real (3,)     s, r real ()                        S real (3, 3), well conditioned
    p > 0 (2, 3)       u in (-1, 1) (2, 3)                 q in (0, 1) (2, 3)
    n, m ints (2, 3)   k in 1..3 (2, 3)                    i indices in 0..2 (4,)
    t bools (2, 3)     o bools (3,)                        e real (0, 3)

Every call is made as it stands (float32) and again with its real inputs, those of `between`, as
float64, int64 and bool, and, looking only at the dtype, as float16, int32 and uint8; and "empty":
the first input, and all with as many rows, cut to zero rows. What torch refuses then is left out.
"""

import inspect
import json
import re
import warnings
import zlib
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np

FAMILIES = "elementwise reductions shapes indexing products creation functional".split()
GOLDEN = Path(__file__).parent / "golden" / "ops.npz"
VARIANTS = "float32 float64 int64 bool float16 int32 uint8 empty".split()
DTYPE_ONLY = {"float16", "int32", "uint8"}


# ---- inputs ------------------------------------------------------------------------------------


class Domain(NamedTuple):
    """Where the numbers of an input lie; `real` ones are cast to the dtype under test."""

    low: float
    high: float
    shape: tuple
    real: bool = True
    kind: str = "float64"


def between(low, high, *shape):
    """Reals in an open interval, all different, spread evenly."""
    return Domain(low, high, shape)


def real(*shape):
    return between(-3, 3, *shape)


def ints(low, high, *shape):
    """int64 from low to high, both included."""
    return Domain(low, high, shape, False, "int64")


def bools(*shape):
    return Domain(0, 1, shape, False, "bool")


def numbers(name, domain):
    """The array of an input: the same on every machine, and for no two names the same."""
    random = np.random.RandomState(zlib.crc32(name.encode()) % 2**31)  # its stream is frozen
    size = int(np.prod(domain.shape))
    if not domain.real:
        return random.randint(domain.low, domain.high + 1, domain.shape).astype(domain.kind)
    places = 128 * (1 + size // 128)
    spot = (random.permutation(places)[:size] + random.uniform(0.2, 0.8)) / places
    return (domain.low + (domain.high - domain.low) * spot).reshape(domain.shape)


INPUTS = {
    "a": real(2, 3), "b": real(3), "c": real(2, 4), "A": real(2, 3, 4), "B": real(2, 4, 2),
    "M": real(3, 4), "N": real(4, 2), "v": real(3), "w": real(3), "s": real(), "r": real(),
    "S": real(3, 3), "p": between(0.25, 3, 2, 3), "u": between(-0.95, 0.95, 2, 3),
    "q": between(0.05, 0.95, 2, 3), "n": ints(-5, 5, 2, 3), "m": ints(-5, 5, 2, 3),
    "k": ints(1, 3, 2, 3), "i": ints(0, 2, 4), "t": bools(2, 3), "o": bools(3), "e": real(0, 3),
}  # fmt: skip


def cast(array, variant):
    """A real input in the dtype under test."""
    if variant == "empty":
        return array.astype("float32")
    if variant == "bool":
        return array > 0
    return (np.abs(array) if variant == "uint8" else array).astype(variant)


# ---- lines -------------------------------------------------------------------------------------


class Op(NamedTuple):
    """One line of the table."""

    family: str
    name: str
    mark: str
    calls: tuple
    wrong: tuple
    inputs: dict

    def __str__(self):
        return self.name


def lines(family):
    """The operations of one family."""
    module = import_module(f"ops.{family}")
    inputs = INPUTS | getattr(module, "INPUTS", {})
    text = re.sub(r"\n +(\|?)", lambda found: " |" if found[1] else "; ", module.OPS)
    ops = []
    for line in filter(None, text.split("\n")):
        name, _, rest = line.partition(" ")
        calls, _, wrong = (part.strip() for part in rest.partition("|"))
        mark = name[0] if name[0] in "~!.=" else ""
        name = name.removeprefix(mark)
        ops.append(Op(family, name, mark, arguments(calls), arguments(wrong), inputs))
    return ops


def arguments(text):
    """The argument lists in `a, b; a, 2`."""
    return tuple(part.strip() for part in text.split(";")) if text else ()


def table():
    """Every operation of every family."""
    return [op for family in FAMILIES for op in lines(family)]


def find(lib, op):
    """The function of an operation in a library; it may be a method or an attribute only."""
    place = lib.nn.functional if op.family == "functional" else lib
    for part in op.name.split("."):
        place = getattr(place, part, None)
    if callable(place) and op.mark != "." and not op.name.startswith("__"):
        return place
    static = inspect.getattr_static(lib.Tensor, op.name)
    if hasattr(static, "__get__") and not callable(static):
        return lambda x: getattr(x, op.name)
    return getattr(lib.Tensor, op.name)


class At:
    def __getitem__(self, index):
        return index


# ---- calls -------------------------------------------------------------------------------------


class Call(NamedTuple):
    """What a call of a line says, with its tensors made for one library."""

    args: tuple
    keywords: dict
    tensors: dict  # by the name of the input


def call(lib, op, text, variant="float32", wants=False, arrays=None, layout=np.array,
         device="cpu"):  # fmt: skip
    """The arguments of one call; `wants` asks for gradients of the reals."""
    given = {name: numbers(name, op.inputs[name]) for name in names(op, text)}
    rows = next((len(array) for array in given.values() if array.ndim), None)
    tensors = {}
    for name, array in given.items():
        if op.inputs[name].real:
            array = cast(array, variant)
        if variant == "empty" and array.ndim and len(array) == rows:
            array = array[:0]
        if arrays and name in arrays:
            array = arrays[name]
        t = lib.from_numpy(layout(array)).to(device)
        tensors[name] = t.requires_grad_() if wants and t.dtype.is_floating_point else t
    known = {**tensors, "lib": lib, "at": At(), "nan": np.nan, "inf": np.inf}
    known["collect"] = lambda *args, **keywords: (args, keywords)
    args, keywords = eval(f"collect({text})", known)
    if op.name.endswith("_") and not op.name.startswith("__"):
        args = (args[0].clone(), *args[1:])
    return Call(args, keywords, tensors)


def names(op, text):
    """The inputs that a call names."""
    return [name for name in compile(f"f({text})", op.name, "eval").co_names if name in op.inputs]


def run(lib, op, made):
    """The result of a call."""
    lib.manual_seed(0)
    return find(lib, op)(*made.args, **made.keywords)


def outcome(lib, op, text, variant="float32"):
    """What a call gives, as plain data: the result, or {"error": [type, text]}; and warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", category=UserWarning)
        try:
            found = plain(lib, run(lib, op, call(lib, op, text, variant)), variant, op.mark)
        except Exception as error:
            found = {"error": told(error)}
    texts = [str(w.message).partition(" (Triggered internally at ")[0] for w in caught]
    return {**found, "warned": texts} if texts else found


def told(error):
    return [type(error).__name__, str(error)]


def plain(lib, value, variant="", mark=""):
    """A result as dicts and arrays that can be written to a file."""
    if isinstance(value, lib.Tensor):
        if variant in DTYPE_ONLY:
            return {"dtype": str(value.dtype)}
        array = np.array(value.detach().numpy())
        array = array if mark != "~" else np.zeros_like(array)
        return {"dtype": str(value.dtype), "numbers": array}
    if isinstance(value, lib.Size):
        return {"size": list(value)}
    if isinstance(value, (tuple, list)):
        fields = getattr(value, "_fields", getattr(value, "__match_args__", ()))
        return {type_of(value): [plain(lib, part, variant, mark) for part in value],
                "fields": list(fields)}  # fmt: skip
    return {"plain": repr(value)}


def type_of(value):
    return "tuple" if isinstance(value, tuple) else "list"


# ---- the golden file ---------------------------------------------------------------------------


def key(op, text, variant):
    return f"{op.family}/{op.name}({text}) {variant}"


def write(outcomes, path=GOLDEN):
    """Write outcomes, by key, to one compressed file: the numbers one after another, by dtype."""
    stores, sizes = {}, Counter()

    def stored(value):
        if isinstance(value, np.ndarray):
            kind = value.dtype.name
            stores.setdefault(kind, []).append(value.ravel())
            sizes[kind] += value.size
            return [kind, sizes[kind] - value.size, list(value.shape)]
        if isinstance(value, dict):
            return {name: stored(part) for name, part in value.items()}
        return [stored(part) for part in value] if isinstance(value, list) else value

    index = json.dumps(stored(outcomes), separators=(",", ":")).encode()
    arrays = {name: np.concatenate(parts) for name, parts in stores.items()}
    np.savez_compressed(path, index=np.frombuffer(index, np.uint8), **arrays)


def read(path=GOLDEN):
    """The outcomes in a golden file, by key."""
    with np.load(path) as file:
        stores = {name: file[name] for name in file.files}

    def filled(value):
        if isinstance(value, dict) and "numbers" in value:
            kind, start, shape = value["numbers"]
            flat = stores[kind][start : start + int(np.prod(shape))]
            return {**value, "numbers": flat.reshape(shape)}
        if isinstance(value, dict):
            return {name: filled(part) for name, part in value.items()}
        return [filled(part) for part in value] if isinstance(value, list) else value

    return filled(json.loads(stores.pop("index").tobytes()))
