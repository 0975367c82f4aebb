"""Seeds: where the default stream of random numbers starts, and where it stands.

Floor 3. The stream is a Generator (`generator.py`); what is drawn from it is in `ops/sampling.py`.
"""

import contextlib

from . import dtypes
from .generator import Generator, default_generator
from .tensor import Tensor, wrap

__all__ = [
    "Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
    "seed", "set_rng_state",
]  # fmt: skip


def manual_seed(seed):
    """Start the default stream anew from `seed`; returns its Generator.

    >>> import minitorch
    >>> minitorch.manual_seed(0).initial_seed()
    0
    """
    return default_generator.manual_seed(int(seed))


def seed():
    """Start the default stream anew from a seed of the operating system, and return that."""
    return default_generator.seed()


def initial_seed():
    """The seed that the default stream was started from.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(7)
    >>> minitorch.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state():
    """Where the default stream stands, as a uint8 tensor of 5,056 bytes in torch's layout.

    >>> import minitorch
    >>> minitorch.get_rng_state().shape
    torch.Size([5056])
    """
    return default_generator.get_state()


def set_rng_state(new_state):
    """Go to the place in the default stream that `get_rng_state` returned.

    >>> import minitorch
    >>> state = minitorch.get_rng_state()
    >>> first = minitorch.rand(1).item()
    >>> minitorch.set_rng_state(state)
    >>> minitorch.rand(1).item() == first
    True
    """
    default_generator.set_state(new_state)


def _get_state(self):
    """Where in the stream the generator stands, as a uint8 tensor in torch's layout."""
    return wrap(self._state())


def _set_state(self, new_state):
    """Go to a place in the stream that `get_state` returned, here or in torch."""
    if not isinstance(new_state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type(new_state).__name__}")
    if new_state.dtype is not dtypes.uint8:
        raise TypeError("RNG state must be a torch.ByteTensor")
    self._go_to(new_state._array)
    return self


Generator.get_state, Generator.set_state = _get_state, _set_state


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True, device_type="cuda"):
    """A `with` block whose draws do not move the stream of the code around it.

    >>> import minitorch
    >>> generator = minitorch.manual_seed(0)
    >>> with minitorch.random.fork_rng():
    ...     inside = minitorch.rand(1).item()
    >>> minitorch.rand(1).item() == inside
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)
