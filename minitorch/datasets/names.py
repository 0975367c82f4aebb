"""The names of 471 places, for models of characters. Their card is names.md.

Floor 5. It imports `checked.py`. The data come with the package: nothing is downloaded.
"""

from pathlib import Path

from .checked import read

__all__ = ["names"]

_FILE = Path(__file__).with_name("names.txt")
_SHA256 = "8653f1a2bd658a92daac78d55222df2fcf46cd13440f80632bef2e8517cb492f"


def names():
    """The names of 471 places as a sorted list of strings, all over the world.

    They are written with the letters a to z and the space, and have 3 to 14 characters.
    RuntimeError if the file is not the one that was published.

    >>> from minitorch.datasets import names
    >>> places = names()
    >>> len(places), places[:4], places[-1]
    (471, ['abidjan', 'accra', 'adak', 'addis ababa'], 'zurich')
    """
    return _load()


def _load(path=_FILE):
    return read(path, _SHA256, "make_names.py").decode("ascii").splitlines()
