"""Which of several equal elements `topk` picks, and in which order.

Floor 2. torch leaves that to the C++ library, whose quickselect keeps some in front and puts others
behind; to give the same indices, a lane in which it matters is put through the same steps here.
"""

import numpy as np


def _partition(a, first, last, keys):
    """Moves the smaller of a[first:last] before the larger; where the larger begin."""
    middle = first + (last - first) // 2
    x, y, z = (keys[a[i]] for i in (first + 1, middle, last - 1))
    if x < y:
        pivot = middle if y < z else last - 1 if x < z else first + 1
    else:
        pivot = first + 1 if x < z else last - 1 if y < z else middle
    a[first], a[pivot] = a[pivot], a[first]
    key, i, j = keys[a[first]], first + 1, last
    while True:
        while keys[a[i]] < key:
            i += 1
        j -= 1
        while key < keys[a[j]]:
            j -= 1
        if i >= j:
            return i
        a[i], a[j] = a[j], a[i]
        i += 1


def _select(a, n, keys):
    """std::nth_element: the n-th smallest in its place, smaller ones before it."""
    first, last = 0, len(a)
    while last - first > 3:
        cut = _partition(a, first, last, keys)
        first, last = (cut, last) if cut <= n else (first, cut)
    a[first:last] = sorted(a[first:last], key=keys.__getitem__)


def _sort(a, keys):
    """std::sort: parts of more than 16 are partitioned, then all is sorted by insertion."""
    parts = [(0, len(a))]
    while parts:
        first, last = parts.pop()
        if last - first > 16:
            cut = _partition(a, first, last, keys)
            parts += [(first, cut), (cut, last)]
    a.sort(key=keys.__getitem__)


def places(lane, k, largest):
    """The places of the k largest (or smallest) elements of a vector, as C++ leaves them."""
    ranks = np.unique(lane, return_inverse=True)[1]
    keys = (-ranks if largest else ranks).tolist()
    a = list(range(len(keys)))
    _select(a, k - 1, keys)
    before = a[: k - 1]
    _sort(before, keys)
    return [*before, a[k - 1]]
