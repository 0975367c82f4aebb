"""Holds minitorch's operations against torch's own sample database, `op_db`.

For every entry in scope (`op_db_scope.py`) and each of four dtypes, all of torch's samples are
computed by both. What is compared, and how a failure is labelled:

    value     type, dtype, shape, numbers, `requires_grad`, and what shares memory with the input
    gradient  for random cotangents, in a plain backward and in one that builds a graph
    second    the gradients of those gradients, where the entry has them (float64)
    method    `x.op()`;   inplace  `x.op_()`;   out  `op(x, out=y)`
    error     type and exact text for the entry's wrong inputs

    python tests/op_db.py             a table: entry x dtype: ok, number of failures, or missing
    python tests/op_db.py softmax     details for the entries whose names are given
    python tests/op_db.py reductions  ... or of a section of op_db_scope.py
    python tests/op_db.py -a softmax  all failures, not only the first three of each kind
"""

import argparse
import traceback
import warnings
from collections import Counter
from functools import cache
from typing import NamedTuple

import op_db_scope as data
from op_db_compare import (
    TOLERANCE,
    OutOfScope,
    Pair,
    cotangents,
    difference,
    errors_differ,
    flat,
    gradients_differ,
    order_differs,
    outcome,
    plain,
    same_layout,
    sharing_differs,
    shown,
    tolerance,
)

import minitorch

try:
    import torch
    from torch.testing._internal.common_methods_invocations import op_db
except ImportError:  # the tests that come here are skipped then
    op_db = []

DTYPES = ("float32", "float64", "int64", "bool")


class Failure(NamedTuple):
    kind: str
    sample: str
    text: str


class Missing(Exception):
    """minitorch does not have the operation (yet)."""


# ---- which entries, and how to call them -------------------------------------------------------


@cache
def scope():
    """The entries of op_db in scope, by section."""
    by_name = {}
    for entry in op_db:
        by_name.setdefault(entry.name, []).append(entry)
    sections = {}
    for section, names in data.SECTIONS.items():
        prefix = "nn.functional." if section == "functional" else ""
        sections[section] = [entry for name in names.split() for entry in by_name[prefix + name]
                             if entry.full_name not in data.OUT_OF_SCOPE]  # fmt: skip
    return sections


def kinds(entry):
    """The dtypes in which an entry is checked, and "errors" if it has wrong inputs."""
    supported = entry.supported_dtypes("cpu")
    found = [kind for kind in DTYPES if getattr(torch, kind) in supported]
    return found + ["errors"] if entry.error_inputs_func is not None else found


def cases():
    """All pairs (entry, kind)."""
    return [(entry, kind) for entries in scope().values() for entry in entries
            for kind in kinds(entry)]  # fmt: skip


def section_of(entry):
    return next(section for section, entries in scope().items() if entry in entries)


def find(path):
    """The attribute of minitorch with this dotted name."""
    found = minitorch
    for name in path.split("."):
        place = found
        found = getattr(place, name, None)
        inherited = isinstance(place, type) and not any(name in vars(c) for c in place.__mro__)
        if found is None or inherited:  # a class has what its metaclass has, such as __ror__
            raise Missing(path)
    return found


def seeded(function, lib=minitorch):
    """The function drawing from a generator seeded as torch's samples seed theirs."""

    def with_seed(*args, **keywords):
        lib.manual_seed(42)
        return function(*args, **keywords)

    return with_seed


def ours(entry):
    """minitorch's function for an entry, taking what torch's `entry.op` takes."""
    name = entry.full_name if entry.full_name in data.PATHS else entry.name
    function = find(data.PATHS.get(name, name))
    call = data.CALLS.get(entry.full_name) or data.CALLS.get(entry.name)
    function = call(function) if call else function
    return seeded(function) if entry.name in data.RANDOM else function


def theirs(entry):
    """torch's function for an entry."""
    if entry.name == "rand_like":  # whose entry, by mistake, calls randn_like
        return seeded(torch.rand_like, torch)
    return entry.op


# ---- the checks of one sample ------------------------------------------------------------------


class Checker:
    """All checks of one entry in one dtype; `failures()` lists what they find."""

    def __init__(self, entry, kind):
        self.entry, self.kind, self.mine = entry, kind, ours(entry)
        self.dtype = getattr(torch, kind)
        self.close, self.section = tolerance(entry, kind), section_of(entry)
        self.undefined, self.theirs = entry.name in data.UNDEFINED, theirs(entry)
        self.grad = entry.supports_autograd and self.dtype in entry.supported_backward_dtypes("cpu")
        self.second = self.grad and entry.supports_gradgrad and kind == "float64"
        self.method = self.variant(entry.get_method(), entry.name)
        self.inplace = self.variant(entry.get_inplace(), f"{entry.name}_")

    def variant(self, theirs, name):
        """torch's variant and ours, or None where torch has none or it is the same function."""
        if theirs is None or self.entry.name in data.CALLS or self.entry.name in data.PATHS:
            return None
        if name.startswith("nn.functional."):
            random = self.entry.name in data.RANDOM
            found = lambda *args, **k: self.mine(*args, **{**k, "inplace": True})
            return theirs, found if random else found
        found = getattr(minitorch.Tensor, name, None)
        if found is None:
            return theirs, None
        if found is self.mine:
            return None
        if self.entry.name in data.RANDOM:
            return seeded(theirs, torch), seeded(found)
        return theirs, found

    def failures(self):
        torch.manual_seed(0)
        found = []
        for i, sample in enumerate(self.entry.sample_inputs("cpu", self.dtype,
                                                            requires_grad=self.grad)):  # fmt: skip
            try:
                texts = list(self.check(sample, i))
            except OutOfScope:
                continue
            found += [Failure(kind, f"{i}: {shown(sample)}", text) for kind, text in texts if text]
        return found

    def check(self, sample, i):
        pair = Pair(sample)
        (a, _), (b, error) = pair.run(self.theirs, self.mine)
        if error is not None:
            yield "value", errors_differ(None, error)
            return
        text = self.unlike(pair, a, b)
        yield "value", text
        if self.grad and not text:
            yield from self.gradients(pair, a, b, "gradient")
        if self.method:
            yield "method", self.same_method(sample)
        if self.inplace and not sample.broadcasts_input:
            yield from self.same_inplace(sample)
        if self.entry.supports_out and self.section in data.WITH_OUT:
            yield from self.same_out(sample, i)

    def unlike(self, pair, a, b):
        """In words, how our result is not torch's."""
        place = data.UNSTABLE.get(self.entry.name)
        if place is not None and not pair.a[2].get("stable"):
            args = pair.a[1]
            dim = pair.a[2].get("dim", args[place] if len(args) > place else -1)
            *rest, indices = flat(a)
            text = difference(a, b, self.close, undefined=True)
            text = text or difference(rest, flat(b)[:-1], self.close)
            return text or order_differs(pair.a, indices, flat(b)[-1], dim)
        return difference(a, b, self.close, self.undefined) or sharing_differs(pair, a, b)

    def same_method(self, sample):
        theirs, found = self.method
        if found is None:
            return "missing"
        pair = Pair(sample)
        (a, _), (b, error) = pair.run(theirs, found)
        return errors_differ(None, error) if error else self.unlike(pair, a, b)

    def same_inplace(self, sample):
        theirs, found = self.inplace
        if found is None:
            yield "inplace", "missing"
            return
        pair = Pair(sample)
        copies = pair.a[0].clone(), pair.b[0].clone()
        pair.a, pair.b = (copies[0], *pair.a[1:]), (copies[1], *pair.b[1:])
        a, b = pair.run(theirs, found)
        text = errors_differ(a.error, b.error)
        if not text and a.error is None:
            text = difference(a.value, b.value, self.close)
            if b.value is not copies[1] and a.value is copies[0]:
                text = "does not return the tensor itself"
        yield "inplace", text
        if not text and a.error is None and self.grad and a.value.requires_grad:
            yield from self.gradients(pair, a.value, b.value, "inplace")

    def same_out(self, sample, i):
        """`out=` of the right shape, and (for the first sample) of others."""
        pair = Pair(sample, grad=False)
        a = self.theirs(pair.a[0], *pair.a[1], **pair.a[2])
        if not isinstance(a, torch.Tensor):
            return
        usual = TOLERANCE.get(str(a.dtype).removeprefix("torch."), (0, 0))
        close = tuple(map(max, usual, self.close))  # in which it is computed; `out` may be wider
        outs = [self.scattered(sample, a)]
        if i == 0:
            outs += [torch.zeros(0, dtype=a.dtype), torch.zeros(a.shape + (2,), dtype=a.dtype),
                     a.long() * 0, a.double() * 0]  # fmt: skip
        for out in outs:
            mine = minitorch.from_numpy(same_layout(out, plain(out.dtype)._numpy))
            pair = Pair(sample, grad=False)
            pair.a, pair.b = with_out(pair.a, out), with_out(pair.b, mine)
            a, b = pair.run(self.theirs, self.mine)
            text = errors_differ(a.error, b.error)
            if a.error is not None and "can't be cast" not in str(a.error):
                text = None if type(b.error) is type(a.error) else text  # torch has ten wordings
            if not text and a.error is None:
                same = "does not return `out`" if b.value is not mine else None
                text = same or difference(a.value, b.value, close)
            if text:
                yield "out", f"{text} (out: {tuple(out.shape)}, {out.dtype})"

    def scattered(self, sample, a):
        """An `out` like `a`, transposed in memory, unless torch fails there (its matmul does)."""
        out = torch.zeros_like(a)
        apart = out.mT.contiguous().mT if a.ndim > 1 else out
        pair = Pair(sample, grad=False)
        failed = outcome(self.theirs, with_out(pair.a, apart.clone())).error
        return out if failed else apart

    def gradients(self, pair, a, b, kind):
        """First derivatives for random cotangents, then those of the gradients."""
        chosen = [(x, y) for x, y in zip(flat(a), flat(b)) if x.requires_grad]
        if not chosen or not pair.leaves:
            return
        outs, leaves = zip(*chosen), list(zip(*pair.leaves))
        outs = list(outs)
        seeds = list(zip(*[cotangents(x) for x in outs[0]]))
        second = self.second and kind == "gradient"
        theirs = torch.autograd.grad(outs[0], leaves[0], seeds[0], create_graph=second,
                                     allow_unused=True)  # fmt: skip
        for graph in (False, True) if second else (False,):
            try:
                mine = minitorch.autograd.grad(
                    outs[1], leaves[1], seeds[1], retain_graph=second, create_graph=graph,
                    allow_unused=True)  # fmt: skip
            except Exception as error:
                yield kind, errors_differ(None, error) + (" (create_graph=True)" if graph else "")
                return
            texts = [gradients_differ(x, y, self.close) for x, y in zip(theirs, mine)]
            texts = [f"of input {i}: {text}" for i, text in enumerate(texts) if text]
            if texts:
                yield kind, texts[0] + (" (create_graph=True)" if graph else "")
                return
        if second:
            yield "second", self.second_order(theirs, mine, leaves, seeds)

    def second_order(self, theirs, mine, leaves, seeds):
        chosen = [(x, y) for x, y in zip(theirs, mine) if x is not None and x.requires_grad]
        if not chosen:
            return None
        a, b = zip(*chosen)
        again = list(zip(*[cotangents(x) for x in a]))
        try:
            a = torch.autograd.grad(a, leaves[0] + seeds[0], again[0], allow_unused=True)
        except RuntimeError as error:
            if "is not implemented" in str(error):  # torch has no second derivative here
                return None
            raise
        if not all(y.requires_grad for y in b):
            return "a gradient has no history"
        try:
            b = minitorch.autograd.grad(b, leaves[1] + seeds[1], again[1], allow_unused=True)
        except Exception as error:
            return errors_differ(None, error)
        for i, (x, y) in enumerate(zip(a, b)):
            x = torch.zeros_like((leaves[0] + seeds[0])[i]) if x is None else x
            y = minitorch.zeros(x.shape, dtype=plain(x.dtype)) if y is None else y
            if text := gradients_differ(x, y, self.close):
                what = f"input {i}" if i < len(leaves[0]) else f"cotangent {i - len(leaves[0])}"
                return f"of {what}: {text}"
        return None


def with_out(call, out):
    input, args, keywords = call
    return input, args, {**keywords, "out": out}


def error_failures(entry):
    """The wrong inputs of an entry for which our error is not torch's."""
    mine, found = ours(entry), []
    torch.manual_seed(0)
    for i, wrong in enumerate(entry.error_inputs("cpu")):
        is_tensor = isinstance(wrong.sample_input.input, torch.Tensor)
        if entry.name.startswith("__") and not is_tensor:
            continue  # an operator's method, called on the class with a foreign `self`
        try:
            a, b = Pair(wrong.sample_input).run(entry.op, mine)
        except OutOfScope:
            continue
        if text := errors_differ(a.error, b.error):
            found.append(Failure("error", f"{i}: {shown(wrong.sample_input)}", text))
    return found


def failures(entry, kind):
    """What is wrong with an entry in a dtype (or with its "errors"); Missing if it is not there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return error_failures(entry) if kind == "errors" else Checker(entry, kind).failures()


def report(found, most=3):
    """The failures as text, at most so many of each kind."""
    lines, seen = [], Counter()
    for failure in found:
        seen[failure.kind] += 1
        if seen[failure.kind] <= most:
            lines += [f"  {failure.kind}, sample {failure.sample}", f"      {failure.text}"]
    return "\n".join([*lines, "  in all: " + ", ".join(f"{n} {k}" for k, n in seen.items())])


# ---- the table ---------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="entries, or sections, to tell in detail")
    parser.add_argument("-a", "--all", action="store_true", help="every failure of those")
    options = parser.parse_args()
    totals = Counter()
    columns = (*DTYPES, "errors")
    print(f"{'':44}", *(f"{c:>8}" for c in columns))
    for section, entries in scope().items():
        if options.names and section not in options.names:
            entries = [e for e in entries if {e.name, e.full_name, e.name.rpartition(".")[2]}
                       & set(options.names)]  # fmt: skip
        for entry in entries:
            line(entry, columns, options, totals)
    print(", ".join(f"{name}: {count}" for name, count in totals.items()))
    return 1 if set(totals) - {"ok"} else 0


def line(entry, columns, options, totals):
    """One line of the table, and the details under it."""
    cells, first = [], ""
    for kind in columns:
        found, cell = [], "."
        if kind in kinds(entry):
            try:
                found = failures(entry, kind)
                cell = str(len(found)) if found else "ok"
            except Missing:
                cell = "missing"
            except Exception:  # the check itself failed: tell, and go on
                found, cell = [Failure("crash", "", traceback.format_exc())], "crash"
            totals["failing" if found else cell] += 1
        cells.append(cell)
        if found and options.names:
            first += f"\n{entry.full_name} {kind}\n" + report(found, 10**6 if options.all else 3)
        elif found and not first:
            first = "  " + f"{found[0].kind}: {found[0].text}".split("\n")[0][:70]
    mark = "  (see DIFFERENT)" if entry.full_name in data.DIFFERENT else ""
    print(f"{entry.full_name:44}", *(f"{c:>8}" for c in cells), mark + first, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
