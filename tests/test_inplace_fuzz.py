"""Random small programs of views and writes in place, run on minitorch and on torch side by side.

After each step everything that can be asked of the tensors is compared: numbers, version,
requires_grad, grad_fn, whose view it is; or the error, its type and text. At the end, backward from
several of them, and the gradients of the leaves. A program is a function of its seed.
"""

import importlib
import random
import re
import warnings

import pytest

PROGRAMS = 300
STEPS = 12


class Program:
    """One program on one library. What it does next depends on its seed and on what it sees, which
    is the same on both libraries until they differ."""

    def __init__(self, lib, seed):
        self.lib, self.draw = lib, random.Random(seed)
        rows = [[0.5, -1.5, 2.0, 0.25], [1.0, 0.75, -0.5, 1.25], [-2.0, 1.5, 0.125, 3.0]]
        self.leaf = lib.tensor(rows, requires_grad=True)
        self.weight = lib.tensor(rows[1], requires_grad=True)
        self.tensors = [self.leaf, self.weight, lib.tensor(rows), self.leaf * 1]
        self.unrecorded = set()  # ids of views made under no_grad
        self.trace = []

    def run(self):
        for _ in range(STEPS):
            action = self.draw.choice(ACTIONS)
            told = [action.__name__]
            try:
                result = action(self)
            except Exception as error:
                told += [type(error).__name__, words(error)]
            else:
                if result is not None and result.numel() < 100:
                    self.tensors.append(result)
            self.trace.append(told + [self.seen(t) for t in self.tensors])
        self.backward()
        return self.trace

    def backward(self):
        chosen = [t for t in self.tensors if self.draw.random() < 0.6 and t.requires_grad]
        chosen = [t for t in chosen if id(t) not in self.unrecorded]
        told = ["backward"]
        try:
            self.lib.autograd.backward(
                [(t * t if i % 2 else t).sum() for i, t in enumerate(chosen)]
            )
        except Exception as error:
            told += [type(error).__name__, words(error)]
        grads = [self.leaf.grad, self.weight.grad]
        self.trace.append(told + [None if g is None else g.tolist() for g in grads])

    def seen(self, t):
        """What can be said of a tensor."""
        try:
            node = t.grad_fn and t.grad_fn.name()
        except RuntimeError as error:
            node = words(error)
        base = next((i for i, other in enumerate(self.tensors) if other is t._base), None)
        return [t.tolist(), t._version, t.requires_grad, node, t._is_view(), base]

    def any(self, like=None):
        """A tensor; one of the shape of `like` that does not overlap it in ways that torch leaves
        undefined."""
        if like is None:
            return self.draw.choice(self.tensors)
        fit = [t for t in self.tensors if t.shape == like.shape and id(t) not in self.unrecorded
               and (t is like or (t._base is None and t is not like._base)
                    or t.is_contiguous() and like.is_contiguous())]  # fmt: skip
        return self.draw.choice(fit or [self.lib.ones(like.shape)])

    def number(self):
        return self.draw.choice([0.5, 2.0, -1.0, 3])

    def index(self, t):
        """An index into the first dimension, or all of it."""
        n = t.shape[0]
        a = self.draw.randrange(n) if n else 0
        return self.draw.choice([a, -1, slice(a, None), slice(None, a + 1), slice(None, None, 2),
                                 Ellipsis, slice(None), None])  # fmt: skip


def words(error):
    """The text of an error, without what is known to differ: whether a detached tensor that shares
    its memory with a written-to one is named after the writer."""
    return re.sub(r", which is output 0 of \w+(::\w+)*,", "", str(error.args[0]))


# ---- what a program can do ---------------------------------------------------------------------


def computed(p):
    x = p.any()
    if id(x) in p.unrecorded:
        return None
    kind = p.draw.randrange(4)
    return [lambda: x * p.number(), lambda: x * p.any(x), lambda: x + p.any(x), lambda: x.tanh()][
        kind
    ]()


def view(p):
    x = p.any()
    kind = p.draw.randrange(5)
    if kind == 0:
        return x.view(-1)
    if kind == 1:
        return x.t() if x.dim() <= 2 else x.permute(2, 0, 1)
    if kind == 2:
        return x.unsqueeze(0)
    if kind == 3:
        return x.squeeze()
    return x.transpose(0, -1) if x.dim() else None


def indexed(p):
    x = p.any()
    return x[p.index(x)] if x.dim() else None


def one_of_several(p):
    x = p.any()
    if not x.dim():
        return None
    parts = x.unbind(0) if p.draw.random() < 0.5 else x.split(2)
    return p.draw.choice(parts) if parts else None


def unrecorded_view(p):
    x = p.any()
    with p.lib.no_grad():
        v = x[p.index(x)] if x.dim() else x.view(1)
    p.unrecorded.add(id(v))
    return v


def detached(p):
    return p.any().detach()


def write_number(p):
    x = p.any()
    getattr(x, p.draw.choice(["add_", "mul_", "sub_", "div_", "fill_"]))(p.number())


def write_tensor(p):
    x = p.any()
    getattr(x, p.draw.choice(["add_", "mul_", "sub_", "copy_"]))(p.any(x))


def write_function(p):
    getattr(p.any(), p.draw.choice(["tanh_", "sigmoid_", "zero_", "neg_", "relu_"]))()


def write_unrecorded(p):
    x = p.any()
    with p.lib.no_grad():
        x.mul_(p.number())


def write_part(p):
    x = p.any()
    if x.dim():
        x[p.index(x)] = p.number()


def write_part_tensor(p):
    x = p.any()
    if x.dim():
        where = p.index(x)
        x[where] = p.weight[: x[where].shape[-1]] * 2 if x[where].dim() else p.weight[0] * 2


def write_by_tensor(p):
    x = p.any()
    if x.dim():
        x[p.lib.tensor([0])] = p.number()


def write_by_mask(p):
    x = p.any()
    x[x > 0.4] = p.number()


def ask_grad(p):
    p.any().requires_grad_(p.draw.random() < 0.7)


def forget(p):
    x = p.any()
    if not x._is_view():  # torch refuses what was saved of a tensor detached in place; we need not
        x = x * 1
    return x.detach_()


ACTIONS = [computed, computed, view, view, indexed, indexed, one_of_several, unrecorded_view,
           detached, write_number, write_number, write_tensor, write_tensor, write_function,
           write_unrecorded, write_part, write_part_tensor, write_by_tensor, write_by_mask,
           ask_grad, forget]  # fmt: skip


# ---- the comparison ----------------------------------------------------------------------------


def close(a, b):
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, rel=1e-4, abs=1e-5, nan_ok=True)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(close, a, b))
    return a == b


def difference(seed):
    """The first step at which the libraries differ, as text; None if they agree."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traces = [Program(importlib.import_module(name), seed).run()
                  for name in ("minitorch", "torch")]  # fmt: skip
    for step, (ours, theirs) in enumerate(zip(*traces)):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            if not close(a, b):
                return f"seed {seed}, step {step} {theirs[0]}, tensor {i - 1}:\n{a}\nbut torch\n{b}"
        if len(ours) != len(theirs):
            return f"seed {seed}, step {step}:\n{ours[:3]}\nbut torch\n{theirs[:3]}"
    return None


@pytest.mark.torch
@pytest.mark.parametrize("first", range(0, PROGRAMS, 20))
def test_the_same_program_does_the_same(first):
    found = [told for seed in range(first, first + 20) if (told := difference(seed))]
    assert not found, "\n\n".join(found)
