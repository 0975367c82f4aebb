"""Reading a pickle without running code: an interpreter of the few instructions that data need.

Floor 4. Python's own unpickler calls whatever a file names. This one knows the opcodes that
torch.save writes (protocol 2), a list of names (`storage.py`, and what the user added), and for
each name what it may be called with. Convention: refusals are UnpicklingErrors in torch's words.
"""

import codecs
import pickle
import struct
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from reprlib import repr as shown  # a nested tuple in a file can have a repr without end

from ..devices import device
from ..nn.parameter import Parameter
from ..tensor import Size
from . import storage

UnpicklingError = pickle.UnpicklingError

# Never, not even when the user allowed a function of theirs.
BLOCKED_MODULES = ("sys", "os", "posix", "nt")


# ---- what the user allows ----------------------------------------------------------------------

_allowed_by_user = set()


def add_safe_globals(safe_globals):
    """Let files name these functions and classes: a list of them, or of pairs with the full name.

    A file that names one can call it with any arguments it likes.

    >>> import minitorch
    >>> class Config: pass
    >>> minitorch.serialization.add_safe_globals([Config])
    >>> minitorch.serialization.get_safe_globals() == [Config]
    True
    >>> minitorch.serialization.clear_safe_globals()
    """
    _allowed_by_user.update(safe_globals)


def get_safe_globals():
    """The functions and classes that were added by `add_safe_globals`."""
    return list(_allowed_by_user)


def clear_safe_globals():
    """Take back all that `add_safe_globals` allowed."""
    _allowed_by_user.clear()


class safe_globals:
    """A context in which files may name these functions and classes.

    >>> import minitorch
    >>> class Config: pass
    >>> with minitorch.serialization.safe_globals([Config]):
    ...     minitorch.serialization.get_safe_globals() == [Config]
    True
    """

    def __init__(self, safe_globals):
        self.safe_globals = safe_globals

    def __enter__(self):
        add_safe_globals(self.safe_globals)

    def __exit__(self, *error):
        _allowed_by_user.difference_update(self.safe_globals)


def _user_globals():
    """{full name: function or class} of what the user allowed."""
    named = {}
    for item in _allowed_by_user:
        if not isinstance(item, tuple):
            named[f"{item.__module__}.{item.__qualname__}"] = item
            continue
        if len(item) != 2:
            raise ValueError("Expected tuple of length 2 (global, str of callable full path), but "
                             f"got tuple of length: {len(item)}")  # fmt: skip
        if type(item[1]) is not str:
            raise TypeError("Expected second item in tuple to be str of callable full path, but "
                            f"got: {type(item[1])}")  # fmt: skip
        named[item[1]] = item[0]
    return named


# ---- what may be called, and with what ---------------------------------------------------------


def check_key(key):
    """Refuse a nested tuple whose hash would take for ever, or more of the stack than there is."""
    parts, seen = [key], 0
    while parts:
        part, seen = parts.pop(), seen + 1
        if isinstance(part, tuple):
            parts.extend(part)
        if seen + len(parts) > 1000:
            raise UnpicklingError("the key of a dictionary or the element of a set is too large")


def _ordered_dict():
    return OrderedDict()  # its items follow


def _counter(counts):
    return Counter(_a(dict, counts))


def _set(items):
    for item in _a(list, items):
        check_key(item)
    return set(items)


def _size(sizes):
    return Size(_a(int, n) for n in _a(tuple, sizes))


def _encode(text, encoding):
    if encoding not in ("latin1", "latin-1"):
        raise UnpicklingError(f"bytes are written as latin1, not as {shown(encoding)}")
    return _a(str, text).encode("latin1")


def _bytearray(data=b"", encoding=None):
    return bytearray(_a(bytes, data) if encoding is None else _encode(data, encoding))


def _device(kind, index=None):
    return device(_a(str, kind), index if index is None else _a(int, index))


def _parameter(data, requires_grad=True):
    return storage._rebuild_parameter(data, requires_grad, None)


def _a(kind, value):
    """`value`, which must be a `kind`."""
    if not isinstance(value, kind):
        raise UnpicklingError(f"expected {kind.__name__}, but got {type(value).__name__}")
    return value


_SIZED = (str, bytes, list, dict, tuple)

BUILTINS = {"_codecs.encode": codecs.encode, "builtins.bytearray": bytearray, "builtins.set": set,
            "builtins.complex": complex}  # fmt: skip

MAKERS = {
    OrderedDict: _ordered_dict, Counter: _counter, set: _set, Size: _size, codecs.encode: _encode,
    bytearray: _bytearray, complex: complex, device: _device, Parameter: _parameter,
    **{f: f for f in storage.REBUILD},
}  # fmt: skip


# ---- the interpreter ---------------------------------------------------------------------------

_operations = {}  # opcode -> method


def _on(*opcodes):
    """The method that follows carries out these opcodes."""

    def enter(method):
        _operations.update((code[0], method) for code in opcodes)
        return method

    return enter


class Unpickler:
    """Reads one pickle from bytes; `persistent_load` gives the storage for a persistent id."""

    def __init__(self, data, persistent_load):
        self.data, self.position, self.persistent_load = data, 0, persistent_load
        self.stack, self.marks, self.memo = [], [], {}
        self.globals = storage.GLOBALS | BUILTINS | _user_globals()
        self.by_user = {id(f) for f in _user_globals().values()}
        # Elements that may still be copied: a file that never repeats itself needs less than this.
        self.copies = 4 * len(data)

    def load(self):
        """The object; UnpicklingError for what is not allowed or makes no sense."""
        try:
            while True:
                code = self.read(1)[0]
                if code == pickle.STOP[0]:
                    return self.stack.pop()
                if code not in _operations:
                    raise UnpicklingError(f"Unsupported operand {code}")
                _operations[code](self)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise UnpicklingError(f"the pickle makes no sense: {error!r}") from error

    def read(self, n):
        """The next `n` bytes."""
        start, self.position = self.position, self.position + n
        if self.position > len(self.data):
            raise UnpicklingError("pickle data was truncated")
        return self.data[start : self.position]

    def number(self, layout):
        """The next number, of a layout as in `struct`."""
        return struct.unpack(layout, self.read(struct.calcsize(layout)))[0]

    def line(self):
        """The text up to the end of the line."""
        return self.read(self.data.index(b"\n", self.position) + 1 - self.position)[:-1].decode()

    def pop_mark(self):
        """What was put on the stack since the last mark."""
        items, self.stack = self.stack, self.marks.pop()
        return items

    # ---- plain values --------------------------------------------------------------------------

    @_on(pickle.PROTO)
    def protocol(self):
        protocol = self.number("B")
        if protocol != 2:
            warnings.warn(
                f"Detected pickle protocol {protocol} in the checkpoint, which was not the default "
                "pickle protocol used by `torch.load` (2). The weights_only Unpickler might not "
                "support all instructions implemented by this protocol, please file an issue for "
                "adding support if you encounter this.", stacklevel=2)  # fmt: skip

    # ---- the stack and the memo ----------------------------------------------------------------

    @_on(pickle.MARK)
    def mark(self):
        self.marks.append(self.stack)
        self.stack = []

    @_on(pickle.BINPUT)
    def put(self):
        self.memo[self.number("B")] = self.stack[-1]

    @_on(pickle.LONG_BINPUT)
    def long_put(self):
        self.memo[self.number("<I")] = self.stack[-1]

    # ---- containers ----------------------------------------------------------------------------

    @_on(pickle.TUPLE)
    def make_tuple(self):
        items = self.pop_mark()
        self.stack.append(tuple(items))

    def tuple_of(self, n):
        """The last `n` values."""
        return tuple([self.stack.pop() for _ in range(n)][::-1])

    @_on(pickle.APPEND)
    def append(self):
        self.extend([self.stack.pop()], "append to")

    @_on(pickle.APPENDS)
    def appends(self):
        self.extend(self.pop_mark(), "extend")

    def extend(self, items, verb):
        if type(self.stack[-1]) is not list:
            raise UnpicklingError(f"Can only {verb} lists, but got {type(self.stack[-1])}")
        self.stack[-1].extend(items)

    @_on(pickle.SETITEM)
    def setitem(self):
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value], "SETITEM")

    @_on(pickle.SETITEMS)
    def setitems(self):
        self.set_items(self.pop_mark(), "SETITEMS")

    def set_items(self, items, opcode):
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise UnpicklingError(f"Can only {opcode} for dict, collections.OrderedDict, "
                                  f"collections.Counter, but got {type(target)}")  # fmt: skip
        for key, value in zip(items[::2], items[1::2], strict=True):
            check_key(key)
            target[key] = value

    # ---- names and calls -----------------------------------------------------------------------

    @_on(pickle.GLOBAL)
    def find_global(self):
        module, name = self.line(), self.line()
        module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        path = f"{module}.{name}"
        if module in BLOCKED_MODULES:
            raise UnpicklingError(f"Trying to load unsupported GLOBAL {path} whose module {module} "
                                  "is blocked.")  # fmt: skip
        if path not in self.globals:
            path = path.removeprefix("builtins.")
            raise UnpicklingError(
                f"Unsupported global: GLOBAL {path} was not an allowed global by default. Please "
                f"use `torch.serialization.add_safe_globals([{path}])` or the "
                f"`torch.serialization.safe_globals([{path}])` context manager to allowlist this "
                "global if you trust this class/function."
            )
        self.stack.append(self.globals[path])

    @_on(pickle.BINPERSID)
    def persistent(self):
        self.stack.append(self.persistent_load(self.stack.pop()))

    @_on(pickle.REDUCE)
    def reduce(self):
        args, func = self.stack.pop(), self.stack.pop()
        if id(func) in self.by_user:
            self.stack.append(func(*args))
        elif id(func) in _MAKERS_BY_ID:
            self.stack.append(self.make(func, args))
        else:
            what = func if callable(func) else type(func)
            raise UnpicklingError(f"Trying to call reduce for unrecognized function {what}")

    @_on(pickle.NEWOBJ)
    def new_object(self):
        args, cls = self.stack.pop(), self.stack.pop()
        if id(cls) in self.by_user:
            self.stack.append(cls.__new__(cls, *args))
        elif cls is Parameter or cls is OrderedDict:
            self.stack.append(self.make(cls, args))
        else:
            what = cls if callable(cls) else type(cls)
            raise UnpicklingError("Can only create new object for nn.Parameter or classes "
                                  f"allowlisted via `add_safe_globals` but got {what}")  # fmt: skip

    def make(self, func, args):
        """Call one of MAKERS: some copy what they get, which a file could ask for without end."""
        self.copies -= sum(len(arg) for arg in args if isinstance(arg, _SIZED))
        if self.copies < 0:
            raise UnpicklingError("the file asks for more copies than it has data")
        return _MAKERS_BY_ID[id(func)](*args)

    @_on(pickle.BUILD)
    def build(self):
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is OrderedDict:
            self.make_attributes(target, state)
        elif id(type(target)) not in self.by_user:
            raise UnpicklingError(
                "Can only build Tensor, Parameter, OrderedDict or types "
                f"allowlisted via `add_safe_globals`, but got {type(target)}"
            )
        elif hasattr(target, "__setstate__"):
            target.__setstate__(state)
        else:
            fields, slots = state if type(state) is tuple and len(state) == 2 else (state, None)
            if fields:
                target.__dict__.update(fields)
            for name, value in (slots or {}).items():
                setattr(target, name, value)

    def make_attributes(self, target, state):
        """What a state dict carries beside its items: `_metadata`."""
        for name, value in _a(dict, state).items():
            if hasattr(OrderedDict, name):
                raise UnpicklingError(f"a file may not set {name!r} of an OrderedDict")
            target.__dict__[name] = value


# Opcodes that put a value on the stack, and where it comes from.
_VALUES = {
    pickle.NONE: lambda self: None,
    pickle.NEWTRUE: lambda self: True,
    pickle.NEWFALSE: lambda self: False,
    pickle.EMPTY_TUPLE: lambda self: (),
    pickle.EMPTY_LIST: lambda self: [],
    pickle.EMPTY_DICT: lambda self: {},
    pickle.EMPTY_SET: lambda self: set(),
    pickle.BININT: lambda self: self.number("<i"),
    pickle.BININT1: lambda self: self.number("B"),
    pickle.BININT2: lambda self: self.number("<H"),
    pickle.BINFLOAT: lambda self: self.number(">d"),
    pickle.LONG1: lambda self: pickle.decode_long(self.read(self.number("B"))),
    pickle.SHORT_BINSTRING: lambda self: self.read(self.number("B")).decode(),
    pickle.BINUNICODE: lambda self: str(self.read(self.number("<I")), "utf-8", "surrogatepass"),
    pickle.BINGET: lambda self: self.memo[self.number("B")],
    pickle.LONG_BINGET: lambda self: self.memo[self.number("<I")],
    pickle.TUPLE1: lambda self: self.tuple_of(1),
    pickle.TUPLE2: lambda self: self.tuple_of(2),
    pickle.TUPLE3: lambda self: self.tuple_of(3),
}
for _code, _read in _VALUES.items():
    _on(_code)(lambda self, read=_read: self.stack.append(read(self)))

_MAKERS_BY_ID = {id(f): make for f, make in MAKERS.items()}
