"""What learners ask about hidden states, each question as a test: here and on torch.

docs/questions.md leads from each of them to the cell of a chapter that shows the answer.
"""

import pytest
from exact import raises

SECOND_TIME = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
    "graph a second time or if you need to access saved tensors after calling backward."
)


def network(lib):
    """A small GRU, and a stream of 6 steps in 3 chunks."""
    lib.manual_seed(0)
    return lib.nn.GRU(2, 3), lib.randn(6, 1, 2).split(2)


# ---- carry it over, or reset it? ---------------------------------------------------------------


def test_carrying_the_state_over_gives_the_run_of_the_whole_stream(lib):
    gru, chunks = network(lib)
    _, whole = gru(lib.cat(chunks))
    h = None
    for chunk in chunks:
        _, h = gru(chunk, h)
    assert lib.allclose(h, whole)


def test_resetting_it_at_each_chunk_does_not(lib):
    gru, chunks = network(lib)
    _, whole = gru(lib.cat(chunks))
    for chunk in chunks:
        _, h = gru(chunk)
    assert not lib.allclose(h, whole)


def test_a_state_left_out_is_zeros(lib):
    gru, chunks = network(lib)
    assert lib.equal(gru(chunks[0])[0], gru(chunks[0], lib.zeros(1, 1, 3))[0])


# ---- is it a parameter, or a buffer? -----------------------------------------------------------


def test_a_layer_has_weights_and_keeps_no_state(lib):
    rnn = lib.nn.RNN(2, 3)
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    assert [name for name, _ in rnn.named_parameters()] == names
    assert list(rnn.named_buffers()) == [] and list(rnn.state_dict()) == names


def caching(lib, detach=False):
    """A module that keeps its last state as a plain attribute."""

    class Caching(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.h = lib.nn.RNN(2, 3), None

        def forward(self, x):
            out, h = self.rnn(x, self.h)
            self.h = h.detach() if detach else h
            return out

    lib.manual_seed(0)
    return Caching()


def test_a_cached_attribute_is_neither_saved_nor_moved(lib):
    m = caching(lib, detach=True)
    m(lib.ones(4, 1, 2))
    assert "h" not in m.state_dict() and list(m.named_buffers()) == []
    m.double()
    assert (m.rnn.weight_hh_l0.dtype, m.h.dtype) == (lib.float64, lib.float32)
    with raises(RuntimeError, "mat1 and mat2 must have the same dtype, but got Float and Double"):
        m(lib.ones(4, 1, 2, dtype=lib.float64))


def with_buffer(lib, batch, persistent):
    m = lib.nn.Module()
    m.register_buffer("h", lib.zeros(1, batch, 3), persistent=persistent)
    return m


def test_a_persistent_buffer_ties_a_checkpoint_to_its_batch_size(lib):
    with raises(RuntimeError, "Error(s) in loading state_dict for Module:\n\tsize mismatch for h: "
                "copying a param with shape torch.Size([1, 32, 3]) from checkpoint, the shape in "
                "current model is torch.Size([1, 1, 3])."):  # fmt: skip
        with_buffer(lib, 1, True).load_state_dict(with_buffer(lib, 32, True).state_dict())


def test_a_buffer_that_is_not_persistent_does_not_and_moves(lib):
    m = with_buffer(lib, 1, False)
    m.load_state_dict(with_buffer(lib, 32, False).state_dict())
    assert m.h.shape == (1, 1, 3) and m.double().h.dtype == lib.float64


# ---- can the first state be learned? -----------------------------------------------------------


def test_a_first_state_is_learned_as_a_parameter_expanded_over_the_batch(lib):
    class Learned(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = lib.nn.RNN(2, 3)
            self.h0 = lib.nn.Parameter(lib.zeros(1, 1, 3))

        def forward(self, x):
            return self.rnn(x, self.h0.expand(-1, x.size(1), -1))

    lib.manual_seed(0)
    m = Learned()
    out, h = m(lib.ones(4, 5, 2))
    out.sum().backward()
    assert m.h0.grad.shape == (1, 1, 3) and m.h0.grad.abs().min() > 0
    assert "h0" in m.state_dict() and h.shape == (1, 5, 3)


# ---- backward through time, truncated ----------------------------------------------------------


def test_repackaging_the_state_keeps_the_numbers_and_drops_the_history(lib):
    lstm = lib.nn.LSTM(2, 3)
    _, state = lstm(lib.ones(4, 1, 2))
    for h, d in zip(state, tuple(h.detach() for h in state)):
        assert lib.equal(h, d) and h.data_ptr() == d.data_ptr()
        assert h.requires_grad and not d.requires_grad


def test_a_state_with_history_fails_in_the_second_batch(lib):
    m, x = caching(lib), lib.ones(4, 1, 2)
    m(x).sum().backward()
    with raises(RuntimeError, SECOND_TIME):
        m(x).sum().backward()


def test_a_detached_state_goes_on(lib):
    m, x = caching(lib, detach=True), lib.ones(4, 1, 2)
    norms = []
    for _ in range(3):
        m.zero_grad()
        m(x).sum().backward()
        norms.append(m.rnn.weight_hh_l0.grad.abs().sum().item())
    assert len(set(norms)) == 3  # each from a state of its own


def test_retain_graph_is_no_way_out_once_the_weights_are_stepped(lib):
    m, x = caching(lib), lib.ones(4, 1, 2)
    for _ in range(2):
        m(x).sum().backward(retain_graph=True)
    optimizer = lib.optim.SGD(m.parameters(), lr=0.1)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        m(x).sum().backward(retain_graph=True)


def test_truncated_gradients_end_at_the_chunk(lib):
    gru, chunks = network(lib)
    first, second = (chunk.clone().requires_grad_() for chunk in chunks[:2])
    _, h = gru(first)
    gru(second, h.detach())[0].sum().backward()
    assert first.grad is None and second.grad.abs().sum() > 0
