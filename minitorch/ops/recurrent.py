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


def _from_input(x, w_ih, bias, size):
    """x W^T + b for all steps at once, by gate, (gates, N, H): so the rows of a gate at a step lie
    together in memory."""
    a = x.reshape(-1, x.shape[-1]) @ _by_gate(w_ih, size)
    if bias is not None:
        a += bias.reshape(-1, 1, size)
    return a


def _by_gate(weight, size):
    """W^T of each gate: (gates * H, K) -> (gates, K, H)."""
    return weight.reshape(-1, size, weight.shape[1]).transpose(0, 2, 1)


def _for_steps(weight, sizes):
    """A transposed weight in the order quickest to multiply by; for one step, as it is."""
    return weight.copy() if len(sizes) > 1 else weight


def _sum(b_ih, b_hh):
    return None if b_ih is None else b_ih + b_hh


def _linear(x, weight, bias):
    """x W^T + b, of tensors."""
    return x @ weight.mT if bias is None else x @ weight.mT + bias


def _gradients(needs, x, w_ih, before, d_ih, d_hh):
    """Of x, W_ih, W_hh, b_ih, b_hh, given those of x W_ih^T + b_ih and of h W_hh^T + b_hh."""
    of_bias = np.add.reduce(d_ih, 0) if needs[3] or needs[4] else None
    return (
        (d_ih @ w_ih).reshape(x.shape) if needs[0] else None,
        d_ih.T @ x.reshape(-1, x.shape[-1]) if needs[1] else None,
        d_hh.T @ before if needs[2] else None,
        of_bias,
        of_bias if d_hh is d_ih else np.add.reduce(d_hh, 0) if needs[4] else None,
    )


# ---- plain -------------------------------------------------------------------------------------


def _rnn(x, w_ih, w_hh, b_ih, b_hh, h, *, sizes, reverse, relu):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or with relu."""
    size, h, w = h.shape[1], h.copy(), _for_steps(w_hh.T, sizes)
    (states,) = _from_input(x, w_ih, _sum(b_ih, b_hh), size)
    before = np.empty_like(states)
    for now, n in _steps(sizes, reverse):
        a, state = states[now], h[:n]
        before[now] = state
        a += state @ w
        np.maximum(a, 0, out=a) if relu else np.tanh(a, out=a)
        state[...] = a
    return states.copy().reshape(*x.shape[:-1], size), h, states, before


def _rnn_backward(g, needs, x, w_ih, w_hh, states, before, sizes, reverse, relu):
    g_output, dh = g[0].reshape(states.shape), g[1].copy()
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


def _squash(a, scale, shift):
    """In place, tanh(x * scale) * scale + shift: tanh(x) with 1 and 0, sigmoid(x) with 1/2 and 1/2.

    NumPy's tanh takes half the time of its exp, and so one call serves all gates.
    """
    a *= scale
    np.tanh(a, out=a)
    a *= scale
    a += shift


def _gru(x, w_ih, w_hh, b_ih, b_hh, h, *, sizes, reverse):
    """h' = (1 - z) n + z h, with the gates reset and update,

    r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_in x + b_in + r (W_hn h + b_hn));
    the weights hold r, z, n.
    """
    size, h = h.shape[1], h.copy()
    gates, w = _from_input(x, w_ih, b_ih, size), _for_steps(_by_gate(w_hh, size), sizes)
    output, before, linear = np.empty((3, gates.shape[1], size), gates.dtype, like=gates)
    for now, n in _steps(sizes, reverse):
        a, state = gates[:, now], h[:n]
        b = state @ w
        if b_hh is not None:
            b += b_hh.reshape(3, 1, size)
        before[now], linear[now] = state, b[2]
        a[:2] += b[:2]
        _squash(a[:2], 0.5, 0.5)
        r, z, new = a
        new += r * b[2]
        np.tanh(new, out=new)
        state -= new
        state *= z
        state += new
        output[now] = state
    return output.reshape(*x.shape[:-1], size), h, gates, before, linear


def _gru_backward(g, needs, x, w_ih, w_hh, gates, before, linear, sizes, reverse):
    g_output, dh, (r, z, new) = g[0].reshape(before.shape), g[1].copy(), gates
    rows, size = before.shape
    # First the slopes; each step makes gradients of its part.
    d_new = (1 - z) * (1 - new * new)
    d_hh = np.empty((rows, 3, size), gates.dtype, like=gates)
    d_r, d_z, d_linear = d_hh.transpose(1, 0, 2)
    np.multiply(linear, r * (1 - r), out=d_r)
    np.multiply(before - new, z * (1 - z), out=d_z)
    d_linear[...] = r
    d_hh = d_hh.reshape(rows, 3 * size)
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
    """c' = f c + i g and h' = o tanh(c'), with the gates input, forget and output,

    i, f, o = sigmoid(W_ih x + b_ih + W_hh h + b_hh), and g likewise with tanh; the weights hold
    i, f, g, o. With w_hr, h' = W_hr (o tanh(c')), shorter than c.
    """
    size, h, c = c.shape[1], h.copy(), c.copy()
    gates = _from_input(x, w_ih, _sum(b_ih, b_hh), size)
    w = _for_steps(_by_gate(w_hh, size), sizes)
    cells, squashed = np.empty((2, gates.shape[1], size), gates.dtype, like=gates)
    output, before = np.empty((2, gates.shape[1], h.shape[1]), gates.dtype, like=gates)
    scale = np.array([0.5, 0.5, 1, 0.5], gates.dtype, like=gates).reshape(4, 1, 1)
    shift = 1 - scale
    for now, n in _steps(sizes, reverse):
        a, state, cell = gates[:, now], h[:n], c[:n]
        before[now], cells[now] = state, cell
        a += state @ w
        _squash(a, scale, shift)
        i, f, g, o = a
        cell *= f
        cell += i * g
        tanh_c = np.tanh(cell, out=squashed[now])
        if w_hr is None:
            np.multiply(o, tanh_c, out=state)
        else:
            np.matmul(o * tanh_c, w_hr.T, out=state)
        output[now] = state
    return output.reshape(*x.shape[:-1], h.shape[1]), h, c, gates, before, cells, squashed


def _lstm_backward(
    grads, needs, x, w_ih, w_hh, w_hr, gates, before, cells, squashed, sizes, reverse
):  # fmt: skip
    g_output, dh, dc = grads[0].reshape(before.shape), grads[1].copy(), grads[2].copy()
    _, rows, size = gates.shape
    d = np.empty((rows, 4, size), gates.dtype, like=gates)
    by_gate, by_row = d.transpose(1, 0, 2), d.reshape(rows, 4 * size)
    d_output = None if w_hr is None else g_output.copy()
    for now, n in reversed(_steps(sizes, reverse)):
        total, cell, tanh_c = dh[:n], dc[:n], squashed[now]
        total += g_output[now]
        of_hidden = total
        if w_hr is not None:
            d_output[now] = total
            of_hidden = total @ w_hr
        i, f, g, o = a = gates[:, now]
        slope = 1 - a
        slope *= a
        np.subtract(1, g * g, out=slope[2])
        for part, factor in zip(slope, (g, cells[now], i, tanh_c)):
            part *= factor
        of_tanh = of_hidden * o
        of_tanh *= 1 - tanh_c * tanh_c
        cell += of_tanh
        np.multiply(slope[:3], cell, out=by_gate[:3, now])
        np.multiply(slope[3], of_hidden, out=by_gate[3, now])
        cell *= f
        np.matmul(by_row[now], w_hh, out=total)
    of_w_hr = d_output.T @ (gates[3] * squashed) if needs[5] else None
    return *_gradients(needs, x, w_ih, before, by_row, by_row), of_w_hr, dh, dc


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
