"""Cells: one step of an RNN, an LSTM or a GRU, for loops written by hand.

May import floors 0-3. Convention: B samples, I features of the input, H of the state; input is
(B, I), or one sample (I). What comes back is the next state, and a state left out is zeros.
"""

from ..ops import recurrent
from ..ops.creation import empty, zeros_like
from ..tensor import Tensor
from .module import Module
from .parameter import Parameter
from .recurrent import check_kinds, check_weights, reset

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]

# ---- what the cells share ----------------------------------------------------------------------


class RNNCellBase(Module):
    """What the cells share: their weights and their checks."""

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        kind, rows = {"device": device, "dtype": dtype}, num_chunks * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), **kind))
        self.weight_hh = Parameter(empty((rows, hidden_size), **kind))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, **kind)) if bias else None)
        self.reset_parameters()

    reset_parameters = reset

    def extra_repr(self):
        said = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            said += f", bias={self.bias}"
        if self.__dict__.get("nonlinearity", "tanh") != "tanh":
            said += f", nonlinearity={self.nonlinearity}"
        return said

    def _next(self, name, input, hx):
        """The states after one input, of a batch or one sample; `hx` are those before, by name."""
        if input.dim() not in (1, 2):
            raise ValueError(
                f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead"
            )
        for said, state in hx.items():
            if state.dim() not in (1, 2):
                raise ValueError(
                    f"{name}: Expected {said} to be 1D or 2D, got {state.dim()}D instead"
                )
        single, states = input.dim() == 1, list(hx.values())
        if single:
            input, states = input.unsqueeze(0), [state.unsqueeze(0) for state in states]
        batch, weight = input.size(0), self.weight_ih
        if not hx:
            states = [input.new_zeros(batch, self.hidden_size)] * self._states
        self._check_sizes(input, states, weight)
        weights = weight, self.weight_hh, *self._biases()
        check_weights(input, states[0], *weights)
        _, *states = self._step(input, *weights, *states, sizes=(batch,), reverse=False)
        return [state.squeeze(0) for state in states] if single else states

    def _biases(self):
        """Both or none: one that was set to None counts as zeros."""
        b_ih, b_hh = self.bias_ih, self.bias_hh
        if (b_ih is None) is (b_hh is None):
            return b_ih, b_hh
        return (zeros_like(b_hh), b_hh) if b_ih is None else (b_ih, zeros_like(b_ih))

    def _check_sizes(self, input, states, weight):
        batch, features = input._array.shape
        if features != weight._array.shape[1]:
            raise RuntimeError(
                f"input has inconsistent input_size: got {features} expected {weight.size(1)}"
            )
        fitting = (batch, self.hidden_size)
        for i, state in enumerate(states):
            if state._array.shape == fitting:
                continue
            if state.size(0) != batch:
                raise RuntimeError(
                    f"Input batch size {batch} doesn't match hidden{i} batch size {state.size(0)}"
                )
            raise RuntimeError(
                f"hidden{i} has inconsistent hidden_size: got {state.size(1)}, expected "
                f"{self.hidden_size}"
            )
        check_kinds(weight, input, *states)


# ---- the cells ---------------------------------------------------------------------------------


class RNNCell(RNNCellBase):
    """One step of `RNN`: h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.

    Input (B, I) or (I), state (B, H) or (H), zeros if left out. Wrong sizes raise RuntimeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.RNNCell(3, 4)(minitorch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    _states = 1

    def __init__(
        self, input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None
    ):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def _step(self, *tensors, **how):
        return recurrent.rnn(*tensors, relu=self.nonlinearity == "relu", **how)

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        (h,) = self._next("RNNCell", input, {} if hx is None else {"hidden": hx})
        return h


class GRUCell(RNNCellBase):
    """One step of `GRU`. Shapes and errors as in `RNNCell`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.GRUCell(3, 4)(minitorch.zeros(2, 3)).shape
    torch.Size([2, 4])
    """

    _states = 1

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    _step = staticmethod(recurrent.gru)

    def forward(self, input, hx=None):
        (h,) = self._next("GRUCell", input, {} if hx is None else {"hidden": hx})
        return h


class LSTMCell(RNNCellBase):
    """One step of `LSTM`; the state is the pair (h, c). Shapes and errors as in `RNNCell`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> h, c = nn.LSTMCell(3, 4)(minitorch.zeros(2, 3))
    >>> h.shape, c.shape
    (torch.Size([2, 4]), torch.Size([2, 4]))
    """

    _states = 2

    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def _step(self, x, w_ih, w_hh, b_ih, b_hh, h, c, **how):
        return recurrent.lstm(x, w_ih, w_hh, b_ih, b_hh, None, h, c, **how)

    def forward(self, input, hx=None):
        if hx is not None and input.dim() == 2:
            if isinstance(hx, Tensor):
                raise TypeError(
                    "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not Tensor"
                )
            if len(hx) != 2:
                raise RuntimeError("lstm_cell expects two hidden states")
        hx = {} if hx is None else {"hx[0]": hx[0], "hx[1]": hx[1]}
        return tuple(self._next("LSTMCell", input, hx))
