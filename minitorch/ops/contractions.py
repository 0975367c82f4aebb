"""Products summed over chosen dimensions: outer, inner, tensordot, einsum.

Floor 2. All are compositions, as in torch: permute and reshape until one batched matrix product
does the work. So they need no gradient of their own.
"""

import math
import string
from collections import Counter
from functools import lru_cache

import numpy as np

from .. import errors
from ..recording import write_out
from ..tensor import Tensor
from . import elementwise, indexing, mismatches, products, reductions, shapes

# ---- outer, inner, tensordot -------------------------------------------------------------------


def _both(op, input, other, name):
    """Two arguments that must be tensors, as arrays."""
    for i, (which, value) in enumerate((("input", input), (name, other)), 1):
        if not isinstance(value, Tensor):
            raise errors.not_a_tensor(op, which, i, value)
    return input._array, other._array


def outer(input, vec2, *, out=None):
    """All products of an element of one vector and one of the other: (n), (m) -> (n, m).

    >>> import minitorch
    >>> minitorch.outer(minitorch.tensor([1, 2]), minitorch.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    for name, x in zip(("self", "vec2"), _both("outer", input, vec2, "vec2")):
        if x.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {x.ndim}-D")
    return elementwise.mul.function(shapes.unsqueeze(input, 1), vec2, out=out)


def inner(input, other, *, out=None):
    """The sums of products along the last dimensions: (..., k), (---, k) -> (..., ---).

    >>> import minitorch
    >>> minitorch.inner(minitorch.tensor([1, 2]), minitorch.tensor([3, 4]))
    tensor(11)
    """
    x, y = _both("inner", input, other, "other")
    if not x.ndim or not y.ndim:
        return elementwise.mul.function(input, other, out=out)
    if x.shape[-1] != y.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{errors.sizes(x.shape)} and {errors.sizes(y.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]), out=out)


def tensordot(a, b, dims=2, out=None):
    """The products of elements of `a` and `b`, summed over pairs of dimensions.

    `dims` is a number, for the last of `a` and the first of `b`, or two lists of dimensions.

    >>> import minitorch
    >>> a, b = minitorch.ones(2, 3, 4), minitorch.ones(3, 4, 5)
    >>> minitorch.tensordot(a, b).shape, minitorch.tensordot(a, b, ([1], [0])).shape
    (torch.Size([2, 5]), torch.Size([2, 4, 4, 5]))
    """
    x, y = a._array, b._array
    in_a, in_b = _pairs(dims.tolist() if isinstance(dims, Tensor) else dims, x.ndim, y.ndim)
    if len(in_a) != len(in_b):
        raise RuntimeError("both dimension lists should have same length")
    if x.dtype != y.dtype:
        raise RuntimeError("both inputs should have same dtype")
    for i, j in zip(in_a, in_b):
        n, m = x.shape[errors.wrap_dim(i, x.ndim)], y.shape[errors.wrap_dim(j, y.ndim)]
        if n == 1 != m:  # a single element meets all of the other's
            b = reductions.along(b, (j % y.ndim,))
        elif m == 1 != n:
            a = reductions.along(a, (i % x.ndim,))
        elif n != m:
            raise RuntimeError("contracted dimensions need to match, but first has size "
                               f"{n} in dim {i} and second has size {m} in dim {j}")  # fmt: skip
    in_a, in_b = (reductions.axes_of(axes, ndim) if axes else ()
                  for axes, ndim in ((in_a, x.ndim), (in_b, y.ndim)))  # fmt: skip
    free_a = tuple(i for i in range(x.ndim) if i not in in_a)
    free_b = tuple(i for i in range(y.ndim) if i not in in_b)
    result = products.mm_primitive(_grouped(a, free_a, in_a), _grouped(b, in_b, free_b))
    shape = tuple(x.shape[i] for i in free_a) + tuple(y.shape[i] for i in free_b)
    result = shapes.reshape_primitive(result, shape=shape)
    return result if out is None else write_out(products.mm_primitive, result, out)


def _pairs(dims, p, q):
    """The dimensions of an array of p and of one of q dimensions that `dims` says to sum over."""
    if isinstance(dims, (tuple, list)) and len(dims) != 1:
        return dims
    (dims,) = dims if isinstance(dims, (tuple, list)) else (dims,)
    if not isinstance(dims, int):
        raise RuntimeError(
            "tensordot expects dims to be int or tuple[list[int], list[int]] or list[list[int]] "
            f"containing two lists, but got dims={dims}"
        )
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(p, q):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return range(-dims, 0), range(dims)


def _grouped(x, *groups):
    """`x` permuted so that groups of axes are together, and each group made one axis."""
    axes, shape = sum(groups, ()), x._array.shape
    sizes = tuple([math.prod([shape[i] for i in group]) for group in groups])
    if axes != tuple(range(len(axes))):
        x = shapes.permute_primitive(x, axes=axes)
    return x if x._array.shape == sizes else shapes.reshape(x, *sizes)


# ---- einsum ------------------------------------------------------------------------------------


def einsum(equation, *operands):
    """Products of elements summed as the equation says: "ij,jk->ik" is a matrix product.

    A letter names a dimension; those that `->` does not name are summed over; `...` stands for
    any number of dimensions, which broadcast. Without `->` the letters that occur once stay, in
    alphabetical order. Also einsum(x, [0, 1], y, [1, 2], [0, 2]).

    >>> import minitorch
    >>> x = minitorch.tensor([[1, 2], [3, 4]])
    >>> minitorch.einsum("ij,jk->ik", x, x), minitorch.einsum("ii", x)
    (tensor([[ 7, 10],
            [15, 22]]), tensor(5))
    """
    if isinstance(equation, Tensor):
        equation, operands = _as_equation((equation, *operands))
    if not isinstance(equation, str):
        kind = errors.shown(equation)
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {kind}")
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    if not operands:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or "
                         "at least one operand and its subscripts list")  # fmt: skip
    for i, x in enumerate(operands):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 1, but got "
                            f"{type(x).__name__}")  # fmt: skip
    terms, output = _parsed(equation, tuple(x._array.ndim for x in operands))
    todo = _with_sizes(list(zip(operands, terms)))
    while len(todo) > 1:
        stay = {*output}.union(*(labels for _, labels in todo[2:]))
        todo[:2] = [_contract(*todo[0], *todo[1], stay)]
    x, labels = todo[0]
    axes = [labels.index(c) for c in output if c in labels]
    rest = [i for i in range(len(labels)) if i not in axes]
    if len(operands) == 1 or axes != sorted(axes):
        x = shapes.permute_primitive(x, axes=tuple(axes + rest))
    last = tuple(range(len(axes), len(labels)))
    return reductions.sum(x, last) if rest else x


def _as_equation(given):
    """The equation that einsum(x, [0, 1], ..., [0]) means, and its operands."""

    def letters(subscripts):
        if not all(i is Ellipsis or 0 <= i < 52 for i in subscripts):
            raise ValueError("einsum(): subscript in subscript list is not within the valid range "
                             "[0, 52)")  # fmt: skip
        return "".join("..." if i is Ellipsis else _LETTERS[i] for i in subscripts)

    operands, terms = given[: len(given) // 2 * 2 : 2], given[1::2]
    equation = ",".join(map(letters, terms))
    return equation + f"->{letters(given[-1])}" * (len(given) % 2), operands


_LETTERS = string.ascii_uppercase + string.ascii_lowercase


@lru_cache(maxsize=256)
def _parsed(equation, ndims):
    """The labels of each operand and of the output: letters, and for what `...` covers -1, -2, ...
    from the right."""
    left, arrow, right = equation.partition("->")
    terms, start = left.split(","), 0
    for i, term in enumerate(terms[: len(ndims)]):
        labels = _labels(term, start, f"operand {i}", "")
        start += len(term) + 1
        covered = ndims[i] - len(labels) + labels.count("...")
        if covered < 0 or (covered > 0 and "..." not in labels):
            raise _miscounted(labels, ndims[i], i)
        terms[i] = _spelt(labels, covered)
    if len(terms) != len(ndims):
        few = "fewer" if len(terms) > len(ndims) else "more"
        raise RuntimeError(f"einsum(): {few} operands were provided than specified in the equation")
    count = Counter(label for term in terms for label in term)
    covered = -min((c for c in count if c.__class__ is int), default=0)
    if not arrow:
        once = sorted(c for c in count if c.__class__ is str and count[c] == 1)
        return terms, _spelt(["...", *once], covered)
    output = _labels(right, start + 1, "output", " (...)")
    for label in output:
        if label != "..." and label not in count:
            raise RuntimeError(f"einsum(): output subscript {label} does not appear in the "
                               "equation for any input operand")  # fmt: skip
        if output.count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the "
                               "output")  # fmt: skip
    return terms, _spelt(output, covered)


def _miscounted(labels, ndim, i):
    """The error for a term with too many or too few labels."""
    how, end = "is more than", ""
    if "..." not in labels:
        how, end = "does not match", " and no ellipsis was given"
    return RuntimeError(
        f"einsum(): the number of subscripts in the equation ({len(labels) - labels.count('...')}) "
        f"{how} the number of dimensions ({ndim}) for operand {i}{end}"
    )


def _labels(text, start, whose, dots):
    """The letters of one term of an equation, with "..." among them."""
    labels, i = [], 0
    while i < len(text):
        c = text[i]
        if c == ".":
            if "..." in labels:
                which = "but an" if dots else "for which an"
                raise RuntimeError(f"einsum(): found '.' for {whose} {which} ellipsis{dots} was "
                                   "already found")  # fmt: skip
            if text[i : i + 3] != "...":
                raise RuntimeError(f"einsum(): found '.' for {whose} that is not part of any "
                                   f"ellipsis{dots}")  # fmt: skip
            c, i = "...", i + 2
        elif c != " " and c not in _LETTERS:
            raise RuntimeError(f"einsum(): invalid subscript given at index {start + i} in the "
                               "equation string, subscripts must be in [a-zA-Z]")  # fmt: skip
        i += 1
        if c != " ":
            labels.append(c)
    return labels


def _spelt(labels, covered):
    """The labels with "..." replaced by one label for each dimension it covers."""
    spread = range(-covered, 0)
    return [part for c in labels for part in (spread if c == "..." else (c,))]


def _with_sizes(todo):
    """The operands without repeated labels (their diagonals) and without sizes of 1 that meet
    larger ones."""
    sizes = {}
    for k, (x, labels) in enumerate(todo):
        for i, c in enumerate(labels):
            n = x._array.shape[i]
            first = x._array.shape[labels.index(c)]
            if n != first:
                raise RuntimeError(f"einsum(): subscript {c} is repeated for operand {k} but the "
                                   f"sizes don't match, {n} != {first}")  # fmt: skip
            if n != 1 and sizes.setdefault(c, n) != n:
                raise _clash(c, n, k, sizes[c], labels)
    for k, (x, labels) in enumerate(todo):
        x, labels = _diagonal(x, labels)
        ones = tuple(i for i, c in enumerate(labels) if x._array.shape[i] == 1 and c in sizes)
        if ones:
            x = shapes.squeeze(x, ones)
        todo[k] = x, [c for i, c in enumerate(labels) if i not in ones]
    return todo


def _diagonal(x, labels):
    """An operand whose labels are all different: of equal ones the diagonal is taken."""
    for c in dict.fromkeys(labels):
        same = tuple(i for i, d in enumerate(labels) if d == c)
        if len(same) > 1:
            others = tuple(i for i in range(len(labels)) if i not in same)
            steps = np.arange(x._array.shape[same[0]], like=x._array)
            x = shapes.permute_primitive(x, axes=same + others)
            x = indexing.index_primitive(x, where=(steps,) * len(same))
            labels = [c, *(labels[i] for i in others)]
    return x, labels


def _clash(label, size, k, seen, labels):
    """The error for a size that does not broadcast with that of an earlier operand."""
    if label.__class__ is str:
        return RuntimeError(f"einsum(): subscript {label} has size {size} for operand {k} which "
                            f"does not broadcast with previously seen size {seen}")  # fmt: skip
    i = [c for c in labels if c.__class__ is int].index(label)
    return RuntimeError(
        f"einsum(): dimension {i} covered by ellipsis in operand {k}has size {size} which does not "
        f"broadcast with previously seen ellipsis with size {seen} for the respective dimension"
    )


def _contract(x, in_x, y, in_y, stay):
    """Two labelled operands made one, summed over the labels that need not stay."""
    x, in_x = _summed(x, in_x, stay.union(in_y))
    y, in_y = _summed(y, in_y, stay.union(in_x))
    both = [c for c in in_x if c in in_y]
    batch, over = [c for c in both if c in stay], [c for c in both if c not in stay]
    only_x, only_y = ([c for c in labels if c not in both] for labels in (in_x, in_y))
    if not over:
        labels = in_x + only_y
        for _ in only_y:
            x = shapes.unsqueeze(x, x._array.ndim)
        order = tuple(in_y.index(c) for c in labels if c in in_y)
        y = shapes.permute_primitive(y, axes=order)
        for i, c in enumerate(labels):
            if c not in in_y:
                y = shapes.unsqueeze(y, i)
        return elementwise.mul(x, y), labels
    if x._array.dtype != y._array.dtype:
        raise mismatches.found(x._array, y._array)
    of_x = [tuple(in_x.index(c) for c in group) for group in (batch, only_x, over)]
    of_y = [tuple(in_y.index(c) for c in group) for group in (batch, over, only_y)]
    if batch:
        product = products.bmm_primitive(_grouped(x, *of_x), _grouped(y, *of_y))
    else:
        product = products.mm_primitive(_grouped(x, *of_x[1:]), _grouped(y, *of_y[1:]))
    shape = [x._array.shape[i] for i in of_x[0] + of_x[1]] + [y._array.shape[i] for i in of_y[2]]
    return shapes.reshape_primitive(product, shape=tuple(shape)), batch + only_x + only_y


def _summed(x, labels, stay):
    """An operand summed over the labels that nobody else has."""
    axes = tuple(i for i, c in enumerate(labels) if c not in stay)
    if axes:
        x = reductions.sum(x, axes)
    return x, [c for c in labels if c in stay]
