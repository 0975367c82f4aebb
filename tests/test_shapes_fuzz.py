"""Random indices and random chains of shape operations, on minitorch and on torch side by side.

Compared are the numbers, the layout in memory, the name of the grad_fn, whether the result is a
view, the gradients to second order; or the error, its type and text. A case is a function of its
seed.
"""

import importlib
import math
import random
import warnings

import numpy as np
import pytest

pytestmark = pytest.mark.torch
CASES, BATCH = 1200, 100


def numbers(seed, shape):
    return np.array(np.random.default_rng(seed).standard_normal(shape))


def sides(case, seed):
    """What a case gives on both libraries."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [told(case, importlib.import_module(name), random.Random(seed), seed)
                for name in ("minitorch", "torch")]  # fmt: skip


def told(case, lib, draw, seed):
    try:
        leaves, result = case(lib, draw, seed)
    except Exception as error:
        return {"error": (type(error).__name__, str(error).partition("\nException raised")[0])}
    steps = [step for step, n in zip(result.stride(), result.shape) if n > 1]
    return {"numbers": result.detach().numpy().copy(), "name": result.grad_fn.name(),
            "layout": steps if result.numel() else None, "view": result._is_view(),
            **derivatives(lib, leaves, result, seed)}  # fmt: skip


def derivatives(lib, leaves, result, seed):
    """Gradients of a weighted sum of squares, and those of their squares; None is as good as 0."""
    weights = lib.from_numpy(numbers(seed, tuple(result.shape)))
    keywords = {"create_graph": True, "allow_unused": True}
    first = lib.autograd.grad((result * result * weights).sum(), leaves, **keywords)
    whole = sum((g * g).sum() for g in first if g is not None and g.requires_grad)
    second = [None] * len(leaves)
    if isinstance(whole, lib.Tensor):
        second = lib.autograd.grad(whole, leaves, allow_unused=True)
    plain = [np.zeros(x.shape) if g is None else g.detach().numpy()
             for g, x in zip((*first, *second), (*leaves, *leaves))]  # fmt: skip
    return dict(enumerate(plain))


def difference(case, seed):
    """In words, how the libraries differ in a case; None if they agree."""
    ours, theirs = sides(case, seed)
    for key in theirs:
        a, b = ours.get(key, ours.get("error")), theirs[key]
        arrays = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
        if not (np.allclose(a, b, 1e-9, 1e-9) if arrays else type(a) is type(b) and a == b):
            return f"seed {seed}, {key}: {a}\nbut torch: {b}"
    return None


# ---- an index ----------------------------------------------------------------------------------


def part_of_index(lib, draw, shape):
    """One part of an index, and how many dimensions of those left it speaks of."""
    n = shape[0]
    kind = draw.choice("int int slice slice slice none tensor tensor tensor list mask bool".split())
    if kind == "int":
        return (draw.randint(-n, n - 1) if n else 0), 1
    if kind == "slice":
        ends = [draw.choice([None, 0, 1, -1, n, draw.randint(-5, 5)]) for _ in range(2)]
        return slice(*ends, draw.choice([None, 1, 2, 3])), 1
    if kind == "none":
        return None, 0
    if kind == "bool":
        return draw.random() < 0.7, 0
    if kind == "mask":
        size = shape[: draw.randint(1, min(2, len(shape)))]
        return lib.from_numpy(np.array(numbers(draw.randint(0, 99), size) > 0)), len(size)
    size = draw.choice([(), (1,), (2,), (3,), (2, 1), (1, 3), (2, 3), (0,)]) if n else (0,)
    values = [draw.randint(-n, n - 1) for _ in range(math.prod(size))]
    index = np.array(values, np.int64).reshape(size)
    if kind == "list" and index.ndim and index.size:
        return index.tolist(), 1
    return lib.from_numpy(index.astype(draw.choice(["int64", "int64", "int32"]))), 1


def index_of(lib, draw, shape):
    parts, axis, dots = [], 0, False
    while axis < len(shape) and draw.random() < 0.8:
        if not dots and draw.random() < 0.1:
            parts.append(...)
            axis, dots = axis + draw.randint(0, len(shape) - axis), True
        else:
            part, dims = part_of_index(lib, draw, shape[axis:])
            parts.append(part)
            axis += dims
    return parts[0] if len(parts) == 1 else tuple(parts)


def indexed(lib, draw, seed):
    """x[index], or x[index] = values, where x may be a permuted view.

    What torch gathers from a permuted tensor keeps its order of memory; here it is C's.
    """
    shape = tuple(draw.choice([1, 2, 3, 4] * 9 + [0]) for _ in range(draw.randint(0, 4)))
    leaf = lib.from_numpy(numbers(seed, shape)).requires_grad_()
    x, values, given = leaf * 1, 2.5, []
    if draw.random() < 0.5:
        return [leaf], x[index_of(lib, draw, shape)]
    if draw.random() < 0.5:
        x = x.permute(draw.sample(range(len(shape)), len(shape)))
    index = index_of(lib, draw, tuple(x.shape))
    if draw.random() < 0.7:
        size = list(x.detach()[index].shape)
        size = size[draw.randint(0, len(size)) :] if draw.random() < 0.4 else [1, *size]
        size = [draw.choice([n] * 6 + [1]) for n in size] + [5] * (draw.random() < 0.05)
        values = lib.from_numpy(numbers(seed + 1, size)).requires_grad_()
        given = [values]
    x[index] = values
    return [leaf, *given], x


# ---- a chain of shapes -------------------------------------------------------------------------


def factors(draw, size):
    """A shape of so many elements; one of its sizes may be -1."""
    shape = []
    while draw.random() < 0.7 and size:
        shape.append(draw.choice([n for n in range(1, size + 1) if size % n == 0]))
        size //= shape[-1]
    shape.append(size)
    if draw.random() < 0.3:
        shape[draw.randrange(len(shape))] = -1
    return tuple(shape)


def step_of(draw, x):
    """One operation on `x`; now and then with a dimension that it does not have."""
    shape = tuple(x.shape)
    n, some = len(shape), draw.randint
    dim = some(-n, n - 1) if n and draw.random() < 0.95 else some(-n - 1, n)
    other = some(-n, n - 1) if n else 0
    size = shape[dim] if n and -n <= dim < n else 1
    start = some(0, size)
    apart = x.contiguous() if 0 in x.stride() else x  # torch guesses an order; here it is C's
    steps = {
        "reshape": lambda: x.reshape(factors(draw, x.numel())),
        "view": lambda: x.view(factors(draw, x.numel())),
        "permute": lambda: x.permute(draw.sample(range(n), n)),
        "transpose": lambda: x.transpose(dim, other),
        "movedim": lambda: x.movedim(dim, other),
        "squeeze": lambda: x.squeeze() if draw.random() < 0.5 else x.squeeze(dim),
        "unsqueeze": lambda: x.unsqueeze(dim),
        "expand": lambda: x.expand([2] * some(0, 1) + [m if m != 1 else some(1, 3) for m in shape]),
        "narrow": lambda: x.narrow(dim, start, some(0, size - start)),
        "select": lambda: x.select(dim, some(-size, max(size - 1, 0))),
        "flatten": lambda: x.flatten(dim, other),
        "unflatten": lambda: x.unflatten(dim, factors(draw, size)),
        "diagonal": lambda: x.diagonal(some(-2, 2), dim, other),
        "unfold": lambda: x.unfold(dim, some(0, size), some(1, 3)),
        "chunk": lambda: draw.choice(x.chunk(some(1, 3), dim)),
        "split": lambda: draw.choice(x.split([start, size - start], dim)),
        "unbind": lambda: draw.choice(x.unbind(dim) or (x,)),
        "flip": lambda: apart.flip(dim),
        "roll": lambda: x.roll(some(-4, 4), dim),
        "repeat": lambda: x.repeat([some(1, 2) for _ in range(n + some(0, 1))]),
        "repeat_interleave": lambda: x.repeat_interleave(some(0, 2), dim),
        "tril": lambda: x.tril(some(-2, 2)),
        "diag_embed": lambda: x.diag_embed(some(-1, 1)),
        "contiguous": lambda: x.contiguous(),
        "clone": lambda: apart.clone(),
        "mT": lambda: x.mT,
    }
    return draw.choice(list(steps.values()))()


def chained(lib, draw, seed):
    shape = tuple(draw.choice([1, 2, 3, 4] * 6 + [0]) for _ in range(draw.randint(0, 4)))
    leaf = lib.from_numpy(numbers(seed, shape)).requires_grad_()
    x = leaf.view(shape)
    for _ in range(draw.randint(1, 6)):
        longer = step_of(draw, x)
        if longer.numel() > 2000:
            break
        x = longer
    return [leaf], x


@pytest.mark.parametrize("case", [indexed, chained])
@pytest.mark.parametrize("first", range(0, CASES, BATCH))
def test_random_cases_do_the_same(case, first):
    found = [text for seed in range(first, first + BATCH) if (text := difference(case, seed))]
    assert not found, "\n\n".join(found)
