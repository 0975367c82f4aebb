"""State that a module keeps from one call to the next: the three classes torch leaves to its users.

`StateCache` is the mechanism, `Stateful` carries the hidden state of a recurrent network through a
long stream, `KVCache` keeps the keys and values of attention while a sequence grows. Beyond torch's
own buffers there is nothing in here: state is not learned, so it is no Parameter; it moves with the
module, so it is a buffer; it belongs to the data, not to the model, so it is not saved.
May import floors 0-3. Convention: a state that has not begun is None.
"""

from ..modes import is_grad_enabled
from ..tensor import Tensor
from .cells import LSTMCell, RNNCellBase
from .module import Module
from .recurrent import LSTM, RNNBase

# ---- the mechanism -----------------------------------------------------------------------------


class StateCache(Module):
    """Named state, kept in non-persistent buffers: use it as a part of a module, or as its base.

    Each name begins as None and is assigned like any attribute. The state moves and is cast with
    the module, is not among its parameters, and with `persistent=True` goes into the state dict,
    from where it is loaded in whatever shape it has there. Copies and pickles hold the values
    without their history. `batch_dim` is the dimension of a state that counts the sequences.

    >>> import minitorch
    >>> from minitorch import nn
    >>> cache = nn.StateCache("mean")
    >>> cache.mean = minitorch.ones(2, 3)
    >>> cache = cache.double()
    >>> [(name, t.dtype) for name, t in cache.named_buffers()], list(cache.state_dict())
    ([('mean', torch.float64)], [])
    >>> cache.reset(rows=1)
    >>> cache.mean
    tensor([[1., 1., 1.],
            [0., 0., 0.]], dtype=torch.float64)
    """

    def __init__(self, *names, batch_dim=0, persistent=False):
        super().__init__()
        self.names, self.batch_dim, self.persistent = names, batch_dim, persistent
        for name in names:
            self.register_buffer(name, None, persistent)

    def reset(self, rows=None):
        """Forget the state; with `rows` (an index, a list, a slice, a mask) set these to zero.

        The old tensors are left as they are, since a graph may have saved them. A model with
        several is reset by going through `modules()` for those that are a `StateCache`.
        """
        new = {name: None if rows is None else self._without(rows, value)
               for name, value in self._present()}  # fmt: skip
        for name, value in new.items():
            setattr(self, name, value)

    def _without(self, rows, value):
        value = value.clone()
        value[(slice(None),) * self.batch_dim + (rows,)] = 0
        return value

    def detach_(self):
        """Keep the values and forget how they were made: the end of a window of backward."""
        for name, value in self._present():
            setattr(self, name, value.detach())

    def snapshot(self):
        """A copy of the values, by name, for `restore`.

        >>> import minitorch
        >>> from minitorch import nn
        >>> cache = nn.StateCache("h")
        >>> before = cache.snapshot()
        >>> cache.h = minitorch.ones(2)
        >>> cache.restore(before)
        >>> cache.h is None
        True
        """
        return {name: value.detach().clone() for name, value in self._present()}

    def restore(self, snapshot):
        """Take up the state of a `snapshot`, which stays good for another time."""
        for name in self.names:
            value = snapshot.get(name)
            setattr(self, name, None if value is None else value.clone())

    def _forget(self, name, *places):
        # A Parameter or a module would take the name away from the buffers, for good.
        if name in self.names:
            raise TypeError(f"{type(self).__name__}: `{name}` is a state, so it takes a tensor or "
                            "None. To learn its first value, keep a Parameter under another name, "
                            f"and assign what is computed from it, such as {name}0.expand(...).")
        super()._forget(name, *places)

    def _present(self):
        """(name, value) of the states that have begun."""
        return [(name, self._buffers[name]) for name in self.names
                if self._buffers[name] is not None]  # fmt: skip

    def __getstate__(self):
        # What copy and pickle take. A history can be neither copied nor written to a file.
        return self.__dict__ | {"_buffers": self._buffers | {
            name: value.detach() for name, value in self._present()}}  # fmt: skip

    def _load_from_state_dict(self, state_dict, prefix, *args):
        # A state has the batch size of its data, so there is no shape to insist on: make room for
        # what is there, and forget what is not.
        for name in self.names if self.persistent else ():
            value = state_dict.get(prefix + name)
            if value is None:
                setattr(self, name, None)
            elif isinstance(value, Tensor):  # anything else is reported below
                setattr(self, name, self._room_for(value))
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _room_for(self, value):
        like = next(self.parameters(), value) if value.is_floating_point() else value
        return value.new_empty(value.shape, dtype=like.dtype, device=like.device)

    def extra_repr(self):
        return ", ".join(self.names) + (", persistent=True" if self.persistent else "")


# ---- recurrent networks ------------------------------------------------------------------------


class Stateful(StateCache):
    """A recurrent module that goes on where its last call ended: `output = module(input)`.

    Wraps an RNN, GRU, LSTM or one of their cells, in training and evaluation alike. The state is
    `h` (of an LSTM also `c`), in the shape that `rnn` gives it: None, which means zeros, until the
    first call and after `reset()`; it may also be assigned. It is detached after each call, so that
    backward ends where the call began (truncated backpropagation through time); with `detach=False`
    it keeps its history until `detach_()`. Another batch size than the state's raises RuntimeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> gru = nn.GRU(3, 4)
    >>> x = minitorch.randn(6, 2, 3)  # six steps of two sequences
    >>> m = nn.Stateful(gru)
    >>> parts = minitorch.cat([m(x[:4]), m(x[4:])])
    >>> whole, _ = gru(x)
    >>> minitorch.allclose(parts, whole), m.h.shape, m.h.requires_grad
    (True, torch.Size([1, 2, 4]), False)
    """

    def __init__(self, rnn, *, detach=True, persistent=False):
        if not isinstance(rnn, (RNNBase, RNNCellBase)):
            raise TypeError("Stateful expects an RNN, GRU, LSTM or one of their cells, got "
                            f"{type(rnn).__name__}")  # fmt: skip
        is_cell = isinstance(rnn, RNNCellBase)
        names = ("h", "c") if isinstance(rnn, (LSTM, LSTMCell)) else ("h",)
        super().__init__(*names, batch_dim=0 if is_cell else 1, persistent=persistent)
        self.rnn, self.detach, self.is_cell = rnn, detach, is_cell

    def forward(self, input):
        if self._present():
            self._check_batch(input)
        hx = self.h if self.h is None or len(self.names) == 1 else (self.h, self.c)
        result = self.rnn(input, hx)
        output, state = (result, result) if self.is_cell else result
        states = state if isinstance(state, tuple) else (state,)
        for name, value in zip(self.names, states):
            # A copy: whoever writes to the output, in place, does not mean the state.
            setattr(self, name, (value.detach() if self.detach else value).clone())
        return states[0] if self.is_cell else output

    def reset(self, rows=None):
        """Begin anew; with `rows` (an index, a list, a slice, a mask) only these sequences."""
        if rows is not None and self.h is not None and self._kept_batch() is None:
            raise RuntimeError("Stateful.reset: the state has no batch, so it has no rows. Call "
                               "reset() without them.")  # fmt: skip
        super().reset(rows)

    def _kept_batch(self):
        """The batch size of the state; None for one sequence without a batch dimension."""
        return self.h.shape[self.batch_dim] if self.h.dim() > self.batch_dim + 1 else None

    def _check_batch(self, input):
        for name in self.names:
            if self._buffers[name] is None:
                raise RuntimeError(f"Stateful: the state of an LSTM is h and c, and {name} is None."
                                   " Assign both, or call reset().")  # fmt: skip
        if hasattr(input, "batch_sizes"):  # a PackedSequence
            given = int(input.batch_sizes[0])
        elif input.dim() < self.batch_dim + 2:
            given = None
        else:
            given = input.shape[0 if self.is_cell or self.rnn.batch_first else 1]
        kept = self._kept_batch()
        if given != kept:
            said = ["no batch" if n is None else f"a batch of {n}" for n in (kept, given)]
            raise RuntimeError(f"Stateful: the state is that of {said[0]}, the input has {said[1]}."
                               " Each row is a sequence of its own: call reset() before new ones, "
                               "or restore() their snapshot.")  # fmt: skip

    def extra_repr(self):
        return super().extra_repr() + ("" if self.detach else ", detach=False")


# ---- attention ---------------------------------------------------------------------------------


class KVCache(StateCache):
    """The keys and values of all positions so far: a decoder computes only those of the new ones.

    `append(keys, values)`, shapes (..., L, E) and (..., L, V), writes them behind the earlier ones
    and returns all, (..., length, E) and (..., length, V). The first call allocates room for
    `max_length` positions; later ones write into it.

    >>> import minitorch
    >>> from minitorch import nn
    >>> cache = nn.KVCache(4)
    >>> k, v = cache.append(minitorch.ones(1, 3, 2), minitorch.ones(1, 3, 2))  # a prompt
    >>> k, v = cache.append(minitorch.ones(1, 1, 2), minitorch.ones(1, 1, 2))  # one more token
    >>> k.shape, cache.length
    (torch.Size([1, 4, 2]), 4)
    """

    def __init__(self, max_length):
        super().__init__("keys", "values")
        self.max_length, self.length = max_length, 0

    def append(self, keys, values):
        """Write the new positions, and return the keys and values of all (views of the cache).

        RuntimeError if they do not fit behind the earlier ones, differ from them in another
        dimension or in dtype, or carry a history, which a cache that is written over cannot keep.
        """
        count = keys.shape[-2]
        end = self.length + count
        if end > self.max_length:
            raise RuntimeError(f"KVCache is full: {self.length} of max_length={self.max_length} "
                               f"positions are taken, and {count} more do not fit. Call reset() "
                               "for a new sequence, or make the cache longer.")  # fmt: skip
        new = (keys, values)
        cached = (self.keys, self.values) if self.length else [self._room(t) for t in new]
        for name, kept, more in zip(self.names, cached, new):
            self._check(name, kept, more, count)
        if self.length == 0:
            self.keys, self.values = cached
        for kept, more in zip(cached, new):
            kept[..., self.length : end, :] = more
        self.length = end
        return tuple([kept[..., :end, :] for kept in cached])

    def _room(self, new):
        return new.new_zeros(*new.shape[:-2], self.max_length, new.shape[-1])

    def _check(self, name, kept, new, count):
        """Refuse what writing would broadcast, cast or detach in silence."""
        if new.requires_grad and is_grad_enabled():
            raise RuntimeError(f"KVCache.append: {name} require grad, but a cache is written over "
                               "and keeps no history. Generate under torch.no_grad(), and train "
                               "without a cache.")  # fmt: skip
        room = kept._array
        fitting = (*room.shape[:-2], count, room.shape[-1])
        if new._array.shape != fitting or new._array.dtype != room.dtype:
            raise RuntimeError(f"KVCache.append: {name} of shape {tuple(new.shape)} and "
                               f"{new.dtype} given where {fitting} and {kept.dtype} would "
                               "continue the cache. Call reset() before another batch.")

    def reset(self):
        """Forget all positions, of the whole batch: its sequences have one length in common."""
        super().reset()
        self.length = 0

    def snapshot(self):
        """A copy of what is cached, for `restore`."""
        return super().snapshot() | {"length": self.length}

    def restore(self, snapshot):
        """Take up a `snapshot`: to continue one prompt in several ways, for instance."""
        super().restore(snapshot)
        self.length = snapshot["length"]

    def extra_repr(self):
        return f"max_length={self.max_length}"
