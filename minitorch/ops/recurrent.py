"""Recurrent networks: one layer and direction over a whole sequence, as one operation.

Floor 2. The rows of all sequences lie step after step, (N, I): `sizes` says how many of them belong
to each step, and never grows, for the longest sequence comes first. So one loop serves padded
input, (T, B, I) with sizes (B, ..., B), packed sequences, and a single step of a cell. The state,
(B, H), is updated in place in its first rows; where a sequence has ended, it stays. Each kernel has
its definition beside it: the same step, written with simple operations.
"""

from itertools import accumulate

import numpy as np

from ..primitive import Primitive
from .joining import cat
from .shapes import reshape

# ---- the steps ---------------------------------------------------------------------------------


def _steps(sizes, reverse):
    """(rows, how many) of each step, in the order of the computation."""
    steps = [(slice(end - n, end), n) for n, end in zip(sizes, accumulate(sizes))]
    return steps[::-1] if reverse else steps


def _scan(step, x, states, sizes, reverse):
    """The definition of every recurrent layer: `step` after step, from the first states."""
    rows, outputs = reshape(x, -1, x.shape[-1]), {}
    for now, n in _steps(sizes, reverse):
        new = step(rows[now], *[s[:n] for s in states])
        outputs[now.start] = new[0]
        states = [cat((a, s[n:])) if n < len(s) else a for a, s in zip(new, states)]
    out = cat([outputs[start] for start in sorted(outputs)])
    return reshape(out, *x.shape[:-1], out.shape[-1]), *states


def _from_input(x, w_ih, b_ih, b_hh=None):
    """x W^T + b for all steps at once."""
    a = x.reshape(-1, x.shape[-1]) @ w_ih.T
    if b_ih is not None:
        a += b_ih
    if b_hh is not None:
        a += b_hh
    return a


def _linear(x, weight, bias):
    return x @ weight.mT if bias is None else x @ weight.mT + bias


def _sigmoid_(a):
    """In place, by way of tanh, NumPy's fastest."""
    a *= 0.5
    np.tanh(a, out=a)
    a *= 0.5
    a += 0.5


def _blocks(a, size):
    """The gates of every row: (N, k H) -> k times (N, H)."""
    return [a[:, at : at + size] for at in range(0, a.shape[1], size)]


def _gradients(needs, x, w_ih, before, d_ih, d_hh):
    """Of x, W_ih, W_hh, b_ih, b_hh, given those of x W_ih^T + b_ih and of h W_hh^T + b_hh."""
    return (
        (d_ih @ w_ih).reshape(x.shape) if needs[0] else None,
        d_ih.T @ x.reshape(-1, x.shape[-1]) if needs[1] else None,
        d_hh.T @ before if needs[2] else None,
        np.add.reduce(d_ih, 0) if needs[3] else None,
        np.add.reduce(d_hh, 0) if needs[4] else None,
    )


# ---- plain -------------------------------------------------------------------------------------


def _rnn(x, w_ih, w_hh, b_ih, b_hh, h, *, sizes, reverse, relu):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu."""
    states, h, w = _from_input(x, w_ih, b_ih, b_hh), h.copy(), w_hh.T
    before = np.empty_like(states)
    for now, n in _steps(sizes, reverse):
        a, state = states[now], h[:n]
        before[now] = state
        a += state @ w
        np.maximum(a, 0, out=a) if relu else np.tanh(a, out=a)
        state[...] = a
    return states.copy().reshape(*x.shape[:-1], h.shape[1]), h, states, before


def _rnn_backward(g, needs, x, w_ih, w_hh, states, before, sizes, reverse, relu):
    g_output, dh = g[0].reshape(states.shape), np.array(g[1])
    d = (states > 0).astype(states.dtype) if relu else 1 - states * states
    for now, n in reversed(_steps(sizes, reverse)):
        total = dh[:n]
        total += g_output[now]
        d[now] *= total
        np.matmul(d[now], w_hh, out=total)
    return *_gradients(needs, x, w_ih, before, d, d), dh


def _rnn_definition(x, w_ih, w_hh, b_ih, b_hh, h, *, sizes, reverse, relu):
    def step(x, h):
        a = _linear(x, w_ih, b_ih) + _linear(h, w_hh, b_hh)
        return (a.relu() if relu else a.tanh(),)

    return _scan(step, x, [h], sizes, reverse)


rnn = Primitive(
    "rnn", _rnn, inputs="x w_ih w_hh b_ih b_hh h", outputs="output h_n", residuals="states before",
    backward=_rnn_backward, definition=_rnn_definition, node="StackBackward0",
)  # fmt: skip

# ---- with gates: GRU ---------------------------------------------------------------------------


def _gru(x, w_ih, w_hh, b_ih, b_hh, h, *, sizes, reverse):
    """h' = (1 - z) n + z h, with the gates reset and update,

    r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_in x + b_in + r (W_hn h + b_hn)).
    """
    gates, h, w, size = _from_input(x, w_ih, b_ih), h.copy(), w_hh.T, h.shape[1]
    output, before, linear = np.empty((3, len(gates), size), gates.dtype)
    for now, n in _steps(sizes, reverse):
        a, b, state = gates[now], h[:n] @ w, h[:n]
        if b_hh is not None:
            b += b_hh
        before[now] = state
        r, z, new = _blocks(a, size)
        a[:, : 2 * size] += b[:, : 2 * size]
        _sigmoid_(a[:, : 2 * size])
        linear[now] = b[:, 2 * size :]
        new += r * linear[now]
        np.tanh(new, out=new)
        state -= new
        state *= z
        state += new
        output[now] = state
    return output.reshape(*x.shape[:-1], size), h, gates, before, linear


def _gru_backward(g, needs, x, w_ih, w_hh, gates, before, linear, sizes, reverse):
    g_output, dh, size = g[0].reshape(before.shape), np.array(g[1]), before.shape[1]
    r, z, new = _blocks(gates, size)
    # First the slopes; each step makes gradients of its part.
    d_new = (1 - z) * (1 - new * new)
    d_hh = np.empty_like(gates)
    d_r, d_z, d_linear = _blocks(d_hh, size)
    np.multiply(linear, r * (1 - r), out=d_r)
    np.multiply(before - new, z * (1 - z), out=d_z)
    d_linear[...] = r
    for now, n in reversed(_steps(sizes, reverse)):
        total = dh[:n]
        total += g_output[now]
        d_new[now] *= total
        d_r[now] *= d_new[now]
        d_z[now] *= total
        d_linear[now] *= d_new[now]
        total *= z[now]
        total += d_hh[now] @ w_hh
    d_ih = d_hh.copy()
    d_ih[:, 2 * size :] = d_new
    return *_gradients(needs, x, w_ih, before, d_ih, d_hh), dh


def _gru_definition(x, w_ih, w_hh, b_ih, b_hh, h, *, sizes, reverse):
    def step(x, h):
        a, b = _linear(x, w_ih, b_ih).chunk(3, 1), _linear(h, w_hh, b_hh).chunk(3, 1)
        r, z = (a[0] + b[0]).sigmoid(), (a[1] + b[1]).sigmoid()
        n = (a[2] + r * b[2]).tanh()
        return ((1 - z) * n + z * h,)

    return _scan(step, x, [h], sizes, reverse)


gru = Primitive(
    "gru", _gru, inputs="x w_ih w_hh b_ih b_hh h", outputs="output h_n",
    residuals="gates before linear", backward=_gru_backward, definition=_gru_definition,
    node="StackBackward0",
)  # fmt: skip

# ---- with gates and a cell: LSTM ---------------------------------------------------------------


def _lstm(x, w_ih, w_hh, b_ih, b_hh, w_hr, h, c, *, sizes, reverse):
    """c' = f c + i g and h' = o tanh(c'), with the gates of input, forgetting and output,

    i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh), and g = tanh(of the same); in the order
    i f g o. With w_hr, h' = W_hr (o tanh(c')), shorter than c.
    """
    gates, h, c = _from_input(x, w_ih, b_ih, b_hh), h.copy(), c.copy()
    w, size = w_hh.T, c.shape[1]
    cells, squashed = np.empty((2, len(gates), size), gates.dtype)
    output, before = np.empty((2, len(gates), h.shape[1]), gates.dtype)
    scale, shift = _for_tanh(size, gates.dtype)
    for now, n in _steps(sizes, reverse):
        a, state, cell = gates[now], h[:n], c[:n]
        before[now], cells[now] = state, cell
        a += state @ w
        a *= scale
        np.tanh(a, out=a)
        a *= scale
        a += shift
        i, f, g, o = _blocks(a, size)
        cell *= f
        cell += i * g
        np.tanh(cell, out=squashed[now])
        if w_hr is None:
            np.multiply(o, squashed[now], out=state)
        else:
            np.matmul(o * squashed[now], w_hr.T, out=state)
        output[now] = state
    return output.reshape(*x.shape[:-1], h.shape[1]), h, c, gates, before, cells, squashed


def _for_tanh(size, dtype):
    """sigmoid(x) = tanh(x / 2) / 2 + 1/2: the factor and the summand of each gate."""
    scale = np.repeat(np.array([0.5, 0.5, 1, 0.5], dtype), size)
    return scale, 1 - scale


def _lstm_backward(
    grads, needs, x, w_ih, w_hh, w_hr, gates, before, cells, squashed, sizes, reverse
):  # fmt: skip
    g_output, dh, dc = grads[0].reshape(before.shape), np.array(grads[1]), np.array(grads[2])
    size = cells.shape[1]
    i, f, g, o = _blocks(gates, size)
    # First the slopes; each step makes gradients of its part.
    d = gates * (1 - gates)
    d_i, d_f, d_g, d_o = _blocks(d, size)
    d_i *= g
    d_f *= cells
    np.multiply(i, 1 - g * g, out=d_g)
    d_o *= squashed
    of_cell = o * (1 - squashed * squashed)
    d_output = None if w_hr is None else np.array(g_output)
    for now, n in reversed(_steps(sizes, reverse)):
        total, cell = dh[:n], dc[:n]
        total += g_output[now]
        if w_hr is not None:
            d_output[now] = total
            total = total @ w_hr
        cell += total * of_cell[now]
        d_i[now] *= cell
        d_f[now] *= cell
        d_g[now] *= cell
        d_o[now] *= total
        cell *= f[now]
        np.matmul(d[now], w_hh, out=dh[:n])
    of_w_hr = d_output.T @ (o * squashed) if needs[5] else None
    return *_gradients(needs, x, w_ih, before, d, d), of_w_hr, dh, dc


def _lstm_definition(x, w_ih, w_hh, b_ih, b_hh, w_hr, h, c, *, sizes, reverse):
    def step(x, h, c):
        i, f, g, o = (_linear(x, w_ih, b_ih) + _linear(h, w_hh, b_hh)).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h if w_hr is None else h @ w_hr.mT, c

    return _scan(step, x, [h, c], sizes, reverse)


lstm = Primitive(
    "lstm", _lstm, inputs="x w_ih w_hh b_ih b_hh w_hr h c", outputs="output h_n c_n",
    residuals="gates before cells squashed", backward=_lstm_backward, definition=_lstm_definition,
    node="MkldnnRnnLayerBackward0",
)  # fmt: skip
