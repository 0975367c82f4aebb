"""Recurrent networks: RNN, LSTM and GRU over whole sequences.

May import floors 0-3. Convention: T steps, B sequences, I features of the input, H of the state.
Input is a batch (T, B, I), or (B, T, I) with `batch_first`, or one sequence (T, I), or packed.
Weights are named by layer and direction: `weight_ih_l0` (from the input) and `weight_hh_l0` (from
the state before), (gates * H, I or H), then `weight_ih_l0_reverse` and so on.
"""

import math
import numbers
import warnings

from .. import errors
from ..functional.layers import dropout, linear
from ..ops import joining, recurrent
from ..ops.creation import empty
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def reset(module):
    """All parameters anew from U(-k, k), k = 1 / sqrt(H)."""
    bound = 1.0 / math.sqrt(module.hidden_size) if module.hidden_size > 0 else 0
    for weight in module.parameters():
        init.uniform_(weight, -bound, bound)


def check_kinds(weight, *tensors):
    """A product of two dtypes is an error in torch; NumPy would promote."""
    for x in tensors:
        if x._array.dtype != weight._array.dtype:
            raise RuntimeError(
                "mat1 and mat2 must have the same dtype, but got "
                f"{errors.scalar_name(x._array)} and {errors.scalar_name(weight._array)}"
            )


def check_weights(x, h, w_ih, w_hh, b_ih, b_hh):
    """The weights of a layer have one dtype and fit each other; NumPy would promote or broadcast.

    `x` is the input and `h` the state: they say what is wrong.
    """
    kind, rows = w_ih._array.dtype, w_ih._array.shape[:1]
    for t, shape in ((w_hh, (*rows, h._array.shape[-1])), (b_ih, rows), (b_hh, rows)):
        if t is None or (t._array.dtype == kind and t._array.shape == shape):
            continue
        if t._array.dtype != kind:
            kinds = [errors.scalar_name(a) for a in (w_ih._array, t._array)]
            first, second = kinds if t is w_hh else reversed(kinds)
            raise RuntimeError(
                f"self and mat2 must have the same dtype, but got {first} and {second}"
            )
        linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh)  # the error is theirs


# ---- what the layers share ---------------------------------------------------------------------


class RNNBase(Module):
    """What RNN, LSTM and GRU share: their weights, their checks, and the way through the layers.

    A subclass sets `_step`, the operation that runs one layer in one direction.

    >>> from minitorch import nn
    >>> isinstance(nn.GRU(3, 4), nn.RNNBase)
    True
    """

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False,
        dropout=0.0, bidirectional=False, proj_size=0, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_arguments(dropout)
        self._all_weights = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                self._add_weights(layer, suffix, device=device, dtype=dtype)
        self.reset_parameters()

    def _check_arguments(self, dropout):
        if (
            not isinstance(dropout, numbers.Number)
            or not 0 <= dropout <= 1
            or isinstance(dropout, bool)
        ):
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                "element being zeroed"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                "dropout option adds dropout after all but last recurrent layer, so non-zero "
                f"dropout expects num_layers greater than 1, but got dropout={dropout} and "
                f"num_layers={self.num_layers}",
                stacklevel=4,
            )
        kinds = {"bias": bool, "batch_first": bool, "input_size": int, "hidden_size": int}
        for name, kind in kinds.items():
            value = getattr(self, name)
            if not isinstance(value, kind):
                raise TypeError(
                    f"{name} should be of type {kind.__name__}, got: {type(value).__name__}"
                )
            if kind is int and value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if self.num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if self.proj_size < 0:
            raise ValueError(
                "proj_size should be a positive integer or zero to disable projections"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + self.mode)

    def _add_weights(self, layer, suffix, **kind):
        """The parameters of one layer in one direction."""
        rows, state = _GATES[self.mode] * self.hidden_size, self.proj_size or self.hidden_size
        below = state * (2 if self.bidirectional else 1) if layer else self.input_size
        shapes = {"weight_ih": (rows, below), "weight_hh": (rows, state)}
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        names = {name: f"{name}_l{layer}{suffix}" for name in shapes}
        for name, shape in shapes.items():
            setattr(self, names[name], Parameter(empty(shape, **kind)))
        self._all_weights.append(list(names.values()))

    reset_parameters = reset

    @property
    def all_weights(self):
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self):
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self):
        return [weight for weights in self.all_weights for weight in weights]

    def flatten_parameters(self):
        """Nothing: in torch it prepares the weights for a library of GPU kernels."""

    # ---- checks --------------------------------------------------------------------------------

    def check_input(self, input, batch_sizes):
        """Raises where the input has not the dtype of the weights, the dimensions or features."""
        kind = self.weight_ih_l0.dtype
        if input.dtype is not kind:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({kind}). Convert "
                f"input: input.to({kind}), or convert model: model.to({input.dtype})"
            )
        dims = 3 if batch_sizes is None else 2
        if input.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                "input.size(-1) must be equal to input_size. Expected "
                f"{self.input_size}, got {input.size(-1)}"
            )

    def _expected_size(self, input, batch_sizes, features):
        if batch_sizes is None:
            batch = input.size(0 if self.batch_first else 1)
        else:
            batch = int(batch_sizes[0])
        return self.num_layers * (2 if self.bidirectional else 1), batch, features

    def get_expected_hidden_size(self, input, batch_sizes):
        """(layers * directions, B, H), or the projected size for H."""
        return self._expected_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(self, hx, expected_hidden_size, msg="Expected hidden size {}, got {}"):
        """Raises where a state has not this size."""
        if hx.size() != expected_hidden_size:
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input, hidden, batch_sizes):
        """Raises where input or state do not fit this module, or each other."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def _check_dims(self, input, hx):
        """Raises where input or state are neither batched nor a single sequence."""
        dims, name = input.dim(), self.mode.partition("_")[0]
        if dims not in (2, 3):
            noun = " tensor" if name == "RNN" else ""
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {dims}D{noun} instead")
        if hx is None:
            return
        kind = "batched 3-D" if dims == 3 else "unbatched 2-D"
        if name == "LSTM":
            if any(state.dim() != dims for state in hx):
                found = ", ".join(f"{state.dim()}-D" for state in hx)
                raise RuntimeError(
                    f"For {kind} input, hx and cx should also be {dims}-D but got ({found}) tensors"
                )
        elif hx.dim() != dims:
            raise RuntimeError(
                f"For {kind} input, hx should also be {dims}-D but got {hx.dim()}-D tensor"
            )

    # ---- the way through -----------------------------------------------------------------------

    def permute_hidden(self, hx, permutation):
        """The state, or each of several, with its sequences in another order; None for the same."""
        if permutation is None:
            return hx
        return _each(lambda state: state.index_select(1, permutation), hx)

    def _first_state(self, input, batch_sizes):
        return input.new_zeros(self.get_expected_hidden_size(input, batch_sizes))

    def _run(self, input, hx):
        """Output and last state, from `hx` or zeros."""
        if isinstance(input, PackedSequence):
            return self._run_packed(input, hx)
        self._check_dims(input, hx)
        batch_dim, single = 0 if self.batch_first else 1, input.dim() == 2
        if single:
            input = input.unsqueeze(batch_dim)
            hx = hx if hx is None else _each(lambda state: state.unsqueeze(1), hx)
        if hx is None:
            hx = self._first_state(input, None)
        self.check_forward_args(input, hx, None)
        x = input.transpose(0, 1) if self.batch_first else input
        steps, batch = x.shape[:2]
        if not steps:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        out, hx = self._through_layers(x, hx, (batch,) * steps)
        if self.batch_first:
            out = out.transpose(0, 1)
        if single:
            return out.squeeze(batch_dim), _each(lambda state: state.squeeze(1), hx)
        return out, hx

    def _run_packed(self, input, hx):
        rows, batch_sizes, order, way_back = input
        if hx is None:
            hx = self._first_state(rows, batch_sizes)
        else:
            hx = self.permute_hidden(hx, order)
        self.check_forward_args(rows, hx, batch_sizes)
        sizes = tuple(batch_sizes.tolist())
        out, hx = self._through_layers(_of_steps(rows, sizes), hx, sizes)
        return PackedSequence(out, batch_sizes, order, way_back), self.permute_hidden(hx, way_back)

    def _through_layers(self, x, hx, sizes):
        """The output of the last layer, and the last state of each layer and direction."""
        states, last = hx if isinstance(hx, tuple) else (hx,), []
        check_kinds(x, *states)
        directions = 2 if self.bidirectional else 1
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = dropout(x, self.dropout, self.training)
            outputs = []
            for direction in range(directions):
                k = layer * directions + direction
                before, weights = [state[k] for state in states], self._weights(k)
                check_weights(x, before[0], *weights[:4])
                out, *new = self._step(x, *weights, *before, sizes=sizes, reverse=direction == 1)
                outputs.append(out)
                last.append(new)
            x = out if directions == 1 else joining.cat(outputs, -1)
        last = tuple([joining.stack(each) for each in zip(*last)])
        return x, last if isinstance(hx, tuple) else last[0]

    def _weights(self, k):
        """w_ih, w_hh, b_ih, b_hh of a layer and direction, with None for missing biases."""
        weights = [getattr(self, name) for name in self._all_weights[k]]
        if not self.bias:
            weights[2:2] = [None, None]
            return weights
        for i, weight in enumerate(weights):
            if weight is None:
                raise TypeError(f"expected Tensor as element {k * len(weights) + i} in argument 2, "
                                "but got NoneType")  # fmt: skip
        return weights

    def extra_repr(self):
        said = f"{self.input_size}, {self.hidden_size}"
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False,
                 "dropout": 0, "bidirectional": False}  # fmt: skip
        for name, value in usual.items():
            if getattr(self, name) != value:
                said += f", {name}={getattr(self, name)}"
        return said


def _of_steps(rows, sizes):
    """The rows that the steps use, all of them in a proper PackedSequence."""
    start, count = 0, rows.size(0)
    for n in sizes:
        if start + n > count:
            raise RuntimeError(
                f"start ({start}) + length ({n}) exceeds dimension size ({count})."
            )
        start += n
    return rows if start == count else rows[:start]


def _each(function, hx):
    """`function` of the state, or of each of several."""
    return tuple(map(function, hx)) if isinstance(hx, tuple) else function(hx)


# ---- layers ------------------------------------------------------------------------------------


class RNN(RNNBase):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu with `nonlinearity="relu"`.

    Input (T, B, I) and, if given, a first state (layers * directions, B, H), else zeros; result:
    the states of the last layer, (T, B, directions * H), and the last states of all layers, like
    the first. Layers are stacked, with dropout between them. Wrong sizes raise RuntimeError.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.RNN(3, 4, num_layers=2)
    >>> output, h = m(minitorch.zeros(5, 1, 3))
    >>> output.shape, h.shape
    (torch.Size([5, 1, 4]), torch.Size([2, 1, 4]))
    """

    def __init__(self, *args, **kwargs):
        _refuse_projection(kwargs)
        if len(args) > 3:
            self.nonlinearity = args[3]
            args = args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)

    def _step(self, *tensors, **how):
        return recurrent.rnn(*tensors, relu=self.mode == "RNN_RELU", **how)

    def forward(self, input, hx=None):
        return self._run(input, hx)


class GRU(RNNBase):
    """h_t = (1 - z_t) n_t + z_t h_{t-1}, with the gates r (reset) and z (update):

    r_t = sigmoid(W_ir x_t + b_ir + W_hr h_{t-1} + b_hr), z_t likewise, and
    n_t = tanh(W_in x_t + b_in + r_t (W_hn h_{t-1} + b_hn)). Weights hold r, z, n, in this order.
    Shapes and errors as in `RNN`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.GRU(3, 4, bidirectional=True, batch_first=True)
    >>> output, h = m(minitorch.zeros(2, 5, 3))
    >>> output.shape, h.shape
    (torch.Size([2, 5, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(self, *args, **kwargs):
        _refuse_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)

    _step = staticmethod(recurrent.gru)

    def forward(self, input, hx=None):
        return self._run(input, hx)


def _refuse_projection(kwargs):
    if "proj_size" in kwargs:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class LSTM(RNNBase):
    """c_t = f_t c_{t-1} + i_t g_t and h_t = o_t tanh(c_t), with the gates i (input), f (forget), o:

    i_t = sigmoid(W_ii x_t + b_ii + W_hi h_{t-1} + b_hi), f_t and o_t likewise, g_t with tanh.
    Weights hold i, f, g, o, in this order. The state is the pair (h, c); with `proj_size` h_t is
    W_hr (o_t tanh(c_t)), of that size. Else shapes and errors as in `RNN`.

    >>> import minitorch
    >>> from minitorch import nn
    >>> m = nn.LSTM(3, 4, proj_size=2)
    >>> output, (h, c) = m(minitorch.zeros(5, 1, 3))
    >>> output.shape, h.shape, c.shape
    (torch.Size([5, 1, 2]), torch.Size([1, 1, 2]), torch.Size([1, 1, 4]))
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    _step = staticmethod(recurrent.lstm)

    def get_expected_cell_size(self, input, batch_sizes):
        """(layers * directions, B, H)."""
        return self._expected_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input, hidden, batch_sizes):
        """Raises where input or states do not fit this module, or each other."""
        self.check_input(input, batch_sizes)
        sizes = (self.get_expected_hidden_size(input, batch_sizes),
                 self.get_expected_cell_size(input, batch_sizes))  # fmt: skip
        for i, size in enumerate(sizes):
            self.check_hidden_size(hidden[i], size, f"Expected hidden[{i}] size {{}}, got {{}}")

    def _first_state(self, input, batch_sizes):
        c = input.new_zeros(self.get_expected_cell_size(input, batch_sizes))
        return super()._first_state(input, batch_sizes), c

    def _weights(self, k):
        weights = super()._weights(k)
        return weights if self.proj_size else [*weights, None]

    def forward(self, input, hx=None):
        if isinstance(hx, (tuple, list)) and len(hx) > 2:
            raise RuntimeError("lstm expects two hidden states")
        return self._run(input, None if hx is None else (hx[0], hx[1]))
