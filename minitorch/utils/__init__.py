"""utils: what stands beside the network. So far `data`, which brings the examples to it."""

from . import data

__all__ = ["data"]
