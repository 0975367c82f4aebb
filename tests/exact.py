"""Errors compared exactly: type and text are part of what a library promises."""

from contextlib import contextmanager

import pytest


@contextmanager
def raises(kind, text):
    """Passes if the block raises exactly `kind`, saying exactly `text`.

    >>> with raises(KeyError, "a"):
    ...     {}["a"]
    """
    with pytest.raises(kind) as caught:
        yield caught
    assert type(caught.value) is kind
    assert caught.value.args[0] == text
