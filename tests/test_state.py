"""nn.StateCache, nn.Stateful and nn.KVCache: state that is kept from one call to the next."""

import copy
import pickle

import pytest
from exact import raises
from graphs import nodes_below

import minitorch
from minitorch import nn
from minitorch.nn import functional as F

LAYERS = {
    "rnn": lambda: nn.RNN(3, 4),
    "gru": lambda: nn.GRU(3, 4, num_layers=2, bidirectional=True),
    "lstm": lambda: nn.LSTM(3, 4, num_layers=2),
    "projected": lambda: nn.LSTM(3, 4, proj_size=2),
}
CELLS = {
    "rnn cell": lambda: nn.RNNCell(3, 4),
    "gru cell": lambda: nn.GRUCell(3, 4),
    "lstm cell": lambda: nn.LSTMCell(3, 4),
}


@pytest.fixture(autouse=True)
def seeded():
    minitorch.manual_seed(0)


@pytest.fixture(params=LAYERS)
def layer(request):
    return LAYERS[request.param]()


@pytest.fixture(params=[*LAYERS, *CELLS])
def recurrent(request):
    return {**LAYERS, **CELLS}[request.param]()


def stream(steps=6, batch=2):
    return minitorch.randn(steps, batch, 3)


def feed(m, x):
    """The outputs for a stream: of a cell, step by step."""
    return minitorch.stack([m(step) for step in x]) if m.is_cell else m(x)


def states(m):
    return dict(m.named_buffers())


def same(a, b):
    return a.keys() == b.keys() and all(minitorch.equal(a[name], b[name]) for name in a)


# ---- StateCache --------------------------------------------------------------------------------


def test_a_cache_is_non_persistent_buffers():
    cache = nn.StateCache("h", "c")
    assert cache.h is None and list(cache.buffers()) == []
    cache.h = minitorch.ones(2, 3)
    assert list(states(cache)) == ["h"]
    assert list(cache.parameters()) == [] and list(cache.state_dict()) == []
    assert cache._non_persistent_buffers_set == {"h", "c"}


def test_a_cache_as_part_of_a_module_moves_with_it():
    model = nn.Linear(2, 2)
    model.cache = nn.StateCache("mean")
    model.cache.mean = minitorch.ones(2)
    model.double()
    assert model.cache.mean.dtype == minitorch.float64
    assert list(model.state_dict()) == ["weight", "bias"]


@pytest.mark.parametrize("rows", [1, [1], slice(1, 2), minitorch.tensor([1]),
                                  minitorch.tensor([False, True, False])])  # fmt: skip
@pytest.mark.parametrize("batch_dim", [0, 1])
def test_reset_of_some_rows(rows, batch_dim):
    cache = nn.StateCache("h", batch_dim=batch_dim)
    before = cache.h = minitorch.ones(3, 3)
    cache.reset(rows)
    gone = [[1, 1, 1], [0, 0, 0], [1, 1, 1]]
    assert (cache.h if batch_dim == 0 else cache.h.T).tolist() == gone
    assert before.tolist() == minitorch.ones(3, 3).tolist()
    cache.reset()
    assert cache.h is None
    cache.reset(rows)  # nothing has begun: nothing to do
    assert cache.h is None


def test_a_reset_that_fails_resets_nothing():
    cache = nn.StateCache("mean", "count")
    cache.mean, cache.count = minitorch.ones(2, 3), minitorch.tensor(1)
    with raises(IndexError, "too many indices for tensor of dimension 0"):
        cache.reset(rows=0)
    assert cache.mean.sum() == 6 and cache.count == 1


def test_resetting_rows_cuts_their_gradient_only():
    w = minitorch.ones(2, 2, requires_grad=True)
    cache = nn.StateCache("h")
    cache.h = w * 3
    cache.reset([0])
    cache.h.sum().backward()
    assert w.grad.tolist() == [[0, 0], [3, 3]]


def test_a_snapshot_is_not_touched_by_what_follows():
    cache = nn.StateCache("h", "c")
    cache.h = minitorch.ones(2)
    saved = cache.snapshot()
    cache.h += 1
    cache.c = minitorch.ones(1)
    for _ in range(2):  # it stays good for another time
        cache.restore(saved)
        assert cache.h.tolist() == [1, 1] and cache.c is None
        cache.h += 1


def test_a_cache_that_is_persistent_is_loaded_in_the_shape_it_was_saved_in():
    saved = nn.StateCache("h", "n", persistent=True)
    saved.h, saved.n = minitorch.ones(4, 2), minitorch.tensor(3)
    for before in (None, minitorch.zeros(1, 2)):
        cache = nn.StateCache("h", "n", persistent=True)
        cache.h = before
        cache.load_state_dict(saved.state_dict())
        assert same(states(cache), states(saved))
        cache.h += 1
        assert saved.h.tolist() == minitorch.ones(4, 2).tolist()
    cache.load_state_dict({})
    assert states(cache) == {}


def test_a_load_that_fails_leaves_the_state_as_it_was():
    m = nn.Stateful(nn.GRU(3, 4), persistent=True)
    m(stream())
    before = copy.deepcopy(m.state_dict())
    with pytest.raises(RuntimeError, match="Missing key"):
        m.load_state_dict({"h": minitorch.ones(1, 5, 4)})
    assert same(m.state_dict(), before)
    with pytest.raises(RuntimeError, match="expected torch.Tensor or Tensor-like"):
        m.load_state_dict({**before, "h": [1, 2]})
    assert same(m.state_dict(), before)


# ---- Stateful: carrying on ---------------------------------------------------------------------


@pytest.mark.parametrize("mode", [True, False])
def test_a_stream_in_pieces_is_the_stream_as_a_whole(recurrent, mode):
    if getattr(recurrent, "bidirectional", False):
        recurrent = nn.GRU(3, 4, num_layers=2)  # backwards, a piece cannot know what is to come
    m, x = nn.Stateful(recurrent).train(mode), stream()
    pieces = minitorch.cat([feed(m, x[:2]), feed(m, x[2:3]), feed(m, x[3:])])
    final = m.snapshot()
    m.reset()
    assert minitorch.allclose(pieces, feed(m, x), atol=1e-6)
    assert all(minitorch.allclose(final[name], value) for name, value in states(m).items())


def test_the_state_is_what_the_layer_returns(layer):
    m, x = nn.Stateful(layer), stream()
    output = m(x)
    expected, last = layer(x)
    assert minitorch.equal(output, expected)
    for kept, value in zip(m.buffers(), last if isinstance(last, tuple) else (last,)):
        assert minitorch.equal(kept, value)


def test_batch_first_and_without_a_batch():
    gru = nn.GRU(3, 4)
    first = nn.GRU(3, 4, batch_first=True)
    first.load_state_dict(gru.state_dict())
    a, b, c, x = nn.Stateful(gru), nn.Stateful(first), nn.Stateful(gru), stream(6, 1)
    for part in (x[:4], x[4:]):
        expected = a(part)
        assert minitorch.allclose(b(part.transpose(0, 1)).transpose(0, 1), expected)
        assert minitorch.allclose(c(part[:, 0]), expected[:, 0])
    assert a.h.shape == b.h.shape == (1, 1, 4) and c.h.shape == (1, 4)


def test_packed_sequences_end_where_each_of_them_ends():
    m = nn.Stateful(nn.GRU(3, 4))
    x = stream(4, 2)
    packed = nn.utils.rnn.pack_padded_sequence(x, [2, 4], enforce_sorted=False)
    m(packed)
    assert minitorch.allclose(m.h[:, 0], m.rnn(x[:2, :1])[1][:, 0])
    assert minitorch.allclose(m.h[:, 1], m.rnn(x[:, 1:])[1][:, 0])
    m(packed)
    with pytest.raises(RuntimeError, match="the input has a batch of 3"):
        m(nn.utils.rnn.pack_padded_sequence(stream(4, 3), [4, 2, 1]))


def test_it_is_a_layer_like_any_other_in_sequential():
    model = nn.Sequential(nn.Linear(5, 3), nn.Stateful(nn.LSTM(3, 4)), nn.Linear(4, 1))
    assert model(minitorch.randn(6, 2, 5)).shape == (6, 2, 1)


def test_a_state_can_be_given_and_learned():
    h0 = minitorch.zeros(1, 1, 4, requires_grad=True)
    m = nn.Stateful(nn.GRU(3, 4))
    m.h = h0.expand(1, 2, 4)
    m(stream()).sum().backward()
    assert h0.grad.abs().sum() > 0
    assert [name for name, _ in m.named_parameters()] == [
        "rnn." + name for name, _ in m.rnn.named_parameters()
    ]


@pytest.mark.parametrize("given, missing", ["hc", "ch"])
def test_half_a_state_is_refused(given, missing):
    m = nn.Stateful(nn.LSTM(3, 4))
    setattr(m, given, minitorch.zeros(1, 2, 4))
    with raises(RuntimeError, f"Stateful: the state of an LSTM is h and c, and {missing} is None. "
                "Assign both, or call reset()."):  # fmt: skip
        m(stream())


@pytest.mark.parametrize("value", [nn.Parameter(minitorch.zeros(1, 2, 4)), nn.Identity()])
def test_a_state_stays_a_buffer(value):
    m = nn.Stateful(nn.GRU(3, 4))
    m(stream())
    before = states(m)
    with raises(TypeError, "Stateful: `h` is a state, so it takes a tensor or None. To learn its "
                "first value, keep a Parameter under another name, and assign what is computed "
                "from it, such as h0.expand(...)."):  # fmt: skip
        m.h = value
    m.h0 = value  # another name is free
    assert same(states(m), before)


# ---- Stateful: history -------------------------------------------------------------------------


def test_each_call_is_a_window_of_its_own(recurrent):
    m = nn.Stateful(recurrent)
    for x in stream(3) if m.is_cell else (stream(), stream(), stream()):
        m(x).sum().backward()
    assert not any(value.requires_grad for value in m.buffers())


def test_forgetting_to_detach_lets_the_graph_grow():
    x = minitorch.ones(1, 3)
    for detach in (True, False):
        m = nn.Stateful(nn.GRUCell(3, 4), detach=detach)
        sizes = [nodes_below(m(x)) for _ in range(6)][1:]  # the first has no state before it
        growth = {after - before for before, after in zip(sizes, sizes[1:])}
        assert len(growth) == 1
        assert (growth == {0}) is detach


def test_with_detach_off_backward_goes_through_the_whole_window():
    cell, x = nn.GRUCell(3, 4), stream(5)
    window = nn.Stateful(cell, detach=False)
    for _ in range(2):  # two windows
        window.rnn.zero_grad()
        feed(window, x)[-1].sum().backward()
        window.detach_()
    through = cell.weight_ih.grad.clone()
    cell.zero_grad()
    h = None
    for step in x:
        h = cell(step, h)
    h = h.detach()
    for step in x:
        h = cell(step, h)
    h.sum().backward()
    assert minitorch.allclose(through, cell.weight_ih.grad)


def test_the_gradient_ends_at_the_call():
    m, x = nn.Stateful(nn.GRU(3, 4)), stream().requires_grad_()
    m(x[:3])
    m(x[3:]).sum().backward()
    assert x.grad[:3].abs().sum() == 0 and x.grad[3:].abs().sum() > 0


def test_writing_to_the_output_does_not_reach_the_state(recurrent):
    m = nn.Stateful(recurrent)
    x = stream()[0] if m.is_cell else stream()
    with minitorch.no_grad():
        output, before = m(x), m.snapshot()
        output.zero_()
    assert same(states(m), before)


# ---- Stateful: whose state it is ---------------------------------------------------------------

NEXT = (
    " Each row is a sequence of its own: call reset() before new ones, or restore() their snapshot."
)


def test_another_batch_size_is_an_error_and_changes_nothing(recurrent):
    m = nn.Stateful(recurrent)
    inputs = {n: stream(6, n) for n in (1, 2, 4)}
    lone = inputs[2][:, 0]
    if m.is_cell:
        inputs, lone = {n: x[0] for n, x in inputs.items()}, lone[0]
    m(inputs[2])
    before = m.snapshot()
    for n in (1, 4):
        with raises(RuntimeError, "Stateful: the state is that of a batch of 2, the input has a "
                    f"batch of {n}." + NEXT):  # fmt: skip
            m(inputs[n])
    with raises(RuntimeError, "Stateful: the state is that of a batch of 2, the input has no "
                "batch." + NEXT):  # fmt: skip
        m(lone)
    assert same(states(m), before)
    m.reset()
    m(lone)
    with raises(RuntimeError, "Stateful.reset: the state has no batch, so it has no rows. Call "
                "reset() without them."):  # fmt: skip
        m.reset(rows=0)


def test_reset_rows_begins_these_sequences_anew(layer):
    m, x = nn.Stateful(layer), stream()
    m(x)
    m.reset(rows=[0])
    after = m(x)
    m.reset()
    fresh = m(x)
    assert minitorch.allclose(after[:, 0], fresh[:, 0], atol=1e-6)
    assert not minitorch.allclose(after[:, 1], fresh[:, 1], atol=1e-3)


def test_snapshot_and_restore_around_an_evaluation(recurrent):
    m, x = nn.Stateful(recurrent), stream()
    feed(m, x)
    kept = m.snapshot()
    expected = feed(m, x)
    m.reset()
    with minitorch.no_grad():
        feed(m.eval(), stream(3, 5))
    m.train().restore(kept)
    assert minitorch.equal(feed(m, x), expected)


# ---- Stateful: a module among modules ----------------------------------------------------------


def test_it_is_a_buffer_and_not_a_parameter(recurrent):
    m = nn.Stateful(recurrent)
    feed(m, stream())
    assert list(states(m)) == list(m.names)
    assert len(list(m.parameters())) == len(list(recurrent.parameters()))
    assert set(m.state_dict()) == {"rnn." + name for name in recurrent.state_dict()}


def test_its_state_moves_with_it(recurrent):
    m, x = nn.Stateful(recurrent), stream()
    feed(m, x)
    m.to(minitorch.float64)
    assert feed(m, x.double()).dtype == minitorch.float64
    assert all(value.dtype == minitorch.float64 for value in m.buffers())


@pytest.mark.parametrize("detach", [True, False])
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_go_on_from_where_it_was(recurrent, detach, copied):
    m, x = nn.Stateful(recurrent, detach=detach), stream()
    output = feed(m, x)  # with its graph, which is still there
    twin = copied(m)
    assert same(states(twin), states(m)) and not any(t.requires_grad for t in twin.buffers())
    assert all(t.requires_grad is not detach for t in m.buffers())
    assert minitorch.equal(feed(twin, x), feed(m, x))
    output.sum().backward()


def test_a_persistent_state_goes_on_after_loading(recurrent):
    m, x = nn.Stateful(recurrent, persistent=True), stream()
    feed(m, x)
    other = nn.Stateful(copy.deepcopy(recurrent), persistent=True).double()
    other.load_state_dict(m.state_dict())
    assert list(other.state_dict())[: len(m.names)] == list(m.names)
    expected = feed(m, x)
    assert minitorch.allclose(feed(other, x.double()).float(), expected, atol=1e-6)
    with pytest.raises(RuntimeError, match=r"Unexpected key\(s\) in state_dict: \"h\""):
        nn.Stateful(recurrent).load_state_dict(m.state_dict())


def test_what_it_wraps_and_how_it_prints():
    with raises(TypeError, "Stateful expects an RNN, GRU, LSTM or one of their cells, got Linear"):
        nn.Stateful(nn.Linear(3, 4))
    assert repr(nn.Stateful(nn.LSTM(3, 4), detach=False, persistent=True)) == (
        "Stateful(\n  h, c, persistent=True, detach=False\n  (rnn): LSTM(3, 4)\n)"
    )


# ---- KVCache -----------------------------------------------------------------------------------


def heads(length, batch=2):
    return minitorch.randn(3, batch, 4, length, 8).unbind()


@pytest.mark.parametrize("pieces", [[1] * 7, [7], [3, 1, 2, 1]])
def test_attention_through_a_cache_is_attention_without(pieces):
    q, k, v = heads(7)
    whole = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    cache, parts = nn.KVCache(7), []
    for n in pieces:
        now = slice(cache.length, cache.length + n)
        keys, values = cache.append(k[..., now, :], v[..., now, :])
        mask = minitorch.ones(n, cache.length, dtype=minitorch.bool).tril(cache.length - n)
        parts.append(F.scaled_dot_product_attention(q[..., now, :], keys, values, mask))
    assert minitorch.allclose(minitorch.cat(parts, -2), whole, atol=1e-6)


def test_a_cache_appends_in_place_and_returns_views():
    _, k, v = heads(3)
    cache = nn.KVCache(8)
    keys, _ = cache.append(k, v)
    place = cache.keys.data_ptr()
    assert keys.data_ptr() == place and cache.keys.shape == (2, 4, 8, 8)
    keys, values = cache.append(k, v)
    assert cache.keys.data_ptr() == keys.data_ptr() == place
    assert keys.shape == values.shape == (2, 4, 6, 8)


def test_a_full_cache_refuses_and_stays_as_it_is():
    _, k, v = heads(3)
    cache = nn.KVCache(5)
    cache.append(k, v)
    before = cache.snapshot()
    with raises(RuntimeError, "KVCache is full: 3 of max_length=5 positions are taken, and 3 more "
                "do not fit. Call reset() for a new sequence, or make the cache longer."):
        cache.append(k, v)
    assert cache.length == 3 and same(states(cache), {n: before[n] for n in ("keys", "values")})
    cache.reset()
    cache.append(k, v)


def test_what_does_not_continue_the_cache_is_refused():
    _, k, v = heads(3)
    cache = nn.KVCache(5)
    cache.append(k, v)
    one = k[:1, :, :1]
    with raises(RuntimeError, "KVCache.append: keys of shape (1, 4, 1, 8) and torch.float32 given "
                "where (2, 4, 1, 8) and torch.float32 would continue the cache. Call reset() "
                "before another batch."):  # fmt: skip
        cache.append(one, one)
    for keys, values in ((k[:, :, :1].double(), v[:, :, :1]), (k[:, :, :2], v[:, :, :1])):
        with pytest.raises(RuntimeError, match="would continue the cache"):
            cache.append(keys, values)
    assert cache.length == 3 and cache.keys[:, :, 3:].abs().sum() == 0
    empty = nn.KVCache(5)
    with pytest.raises(RuntimeError, match="would continue the cache"):
        empty.append(k, v[:, :, :1])
    assert states(empty) == {}


def test_a_cache_keeps_no_history_and_says_so():
    k = heads(1)[1].requires_grad_()
    cache = nn.KVCache(5)
    with raises(RuntimeError, "KVCache.append: keys require grad, but a cache is written over and "
                "keeps no history. Generate under torch.no_grad(), and train without a cache."):
        cache.append(k, k)
    with minitorch.no_grad():
        keys, _ = cache.append(k, k)
    assert not keys.requires_grad and not cache.keys.requires_grad


def test_a_cache_is_state_of_its_module():
    model = nn.Module()
    model.cache = nn.KVCache(4)
    _, k, v = heads(2)
    model.cache.append(k, v)
    assert list(model.state_dict()) == [] and list(model.parameters()) == []
    assert list(states(model)) == ["cache.keys", "cache.values"]
    twin = pickle.loads(pickle.dumps(copy.deepcopy(model.double())))
    keys, _ = twin.cache.append(k.double(), v.double())
    assert keys.dtype == minitorch.float64 and keys.shape[-2] == 4
    assert model.cache.length == 2
    assert repr(twin.cache) == "KVCache(max_length=4)"


def test_one_prompt_continued_in_two_ways():
    cache, (_, k, v) = nn.KVCache(4), heads(4)
    cache.append(k[..., :2, :], v[..., :2, :])
    prompt = cache.snapshot()
    cache.append(k[..., 2:, :], v[..., 2:, :])
    cache.restore(prompt)
    assert cache.length == 2
    keys, _ = cache.append(k[..., 3:, :], v[..., 3:, :])
    assert minitorch.equal(keys, k[..., [0, 1, 3], :])
