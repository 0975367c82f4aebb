"""Sizes that a constructor takes as one number or as one for each dimension.

May import floors 0-3. Convention: what is no number is taken as it is; the function that uses it
finds out whether the length is right.
"""

from collections.abc import Iterable


def each(value, n):
    """One number `n` times, or the given numbers, as a tuple.

    >>> each(3, 2), each([1, 2], 2)
    ((3, 3), (1, 2))
    """
    return tuple(value) if isinstance(value, Iterable) else (value,) * n
