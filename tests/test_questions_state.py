"""What learners ask about state that is kept: BatchNorm's statistics, hidden states, caches.

Each question is a test, here and on torch. docs/questions.md leads from each of them to the cell of
a chapter that shows the answer. Buffers themselves are in test_questions_nn.py, hidden states in
test_questions_recurrent.py, and our own nn.Stateful and nn.KVCache in test_state.py.
"""

import pytest
from exact import raises
from graphs import nodes_below

# ---- BatchNorm and eval ------------------------------------------------------------------------


def test_if_eval_disables_training_why_also_no_grad(lib):
    model = lib.nn.Sequential(lib.nn.BatchNorm1d(2), lib.nn.Linear(2, 1)).eval()
    assert model(lib.ones(3, 2)).requires_grad  # eval() records all the same
    model.train()
    with lib.no_grad():  # and no_grad() goes on counting
        model(lib.ones(3, 2))
    assert model[0].running_mean.tolist() == pytest.approx([0.1, 0.1])
    dropout = lib.nn.Dropout(0.5)
    with lib.no_grad():
        assert 0 in dropout(lib.ones(100)).tolist()


def test_i_froze_the_backbone_why_do_its_outputs_still_drift(lib):
    norm = lib.nn.BatchNorm1d(1).requires_grad_(False)
    x = lib.tensor([[1.0], [3.0]])
    norm(x)
    assert norm.running_mean.tolist() == pytest.approx([0.2])
    assert norm.num_batches_tracked.item() == 1
    norm.eval()
    norm(x)
    assert norm.num_batches_tracked.item() == 1
    lib.nn.Sequential(norm).train()  # a later train() of the whole model undoes it
    assert norm.training


def test_running_var_does_not_match_numpy_var(lib):
    norm = lib.nn.BatchNorm1d(1)
    y = norm(lib.tensor([[0.0], [2.0]]))
    assert norm.running_var.tolist() == pytest.approx([0.9 * 1 + 0.1 * 2])  # unbiased: 2
    assert y.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)  # biased: 1


def test_expected_more_than_one_value_per_channel(lib):
    norm = lib.nn.BatchNorm1d(3)
    with raises(ValueError, "Expected more than 1 value per channel when training, "
                            "got input size torch.Size([1, 3])"):  # fmt: skip
        norm(lib.ones(1, 3))
    assert norm.eval()(lib.ones(1, 3)).shape == (1, 3)


def test_accuracy_is_fine_in_train_but_collapses_in_eval(lib):
    lib.manual_seed(0)
    norm = lib.nn.BatchNorm1d(1)
    means = []
    for _ in range(100):
        x = lib.randn(64, 1) + 5
        norm.train()(x)
        means.append(norm.eval()(x).mean().item())
    assert means[0] > 4  # after one batch the statistics are still those of the start
    assert abs(means[-1]) < 0.3


# ---- a hidden state that is not detached -------------------------------------------------------


class Stepper:
    """A recurrent step that keeps its hidden state, with its history unless `detached`."""

    def __init__(self, lib, detached):
        self.tanh, self.cell = lib.tanh, lib.nn.Linear(2, 2)
        self.h, self.detached = lib.zeros(1, 2), detached

    def __call__(self, x):
        h = self.tanh(self.cell(x + self.h))
        self.h = h.detach() if self.detached else h
        return h


@pytest.mark.parametrize("detached", [False, True])
def test_without_detach_the_graph_grows_with_every_step(lib, detached):
    step = Stepper(lib, detached)
    sizes = [nodes_below(step(lib.ones(1, 2))) for _ in range(5)]
    growth = {after - before for before, after in zip(sizes, sizes[1:])}
    assert len(growth) == 1
    assert (growth == {0}) is detached


# ---- a cache of keys and values ----------------------------------------------------------------


def cached(lib, persistent, length=8):
    module = lib.nn.Module()
    module.register_buffer("keys", lib.zeros(1, length, 2), persistent=persistent)
    return module


def test_should_a_cache_be_buffers_and_persistent(lib):
    module = cached(lib, persistent=False).double()
    assert module.keys.dtype == lib.float64
    assert list(module.state_dict()) == []
    assert list(cached(lib, persistent=True).state_dict()) == ["keys"]


def test_a_persistent_cache_is_checked_when_it_is_loaded(lib):
    saved = cached(lib, persistent=True, length=8).state_dict()
    with raises(RuntimeError, "Error(s) in loading state_dict for Module:\n\tsize mismatch for "
                "keys: copying a param with shape torch.Size([1, 8, 2]) from checkpoint, the shape "
                "in current model is torch.Size([1, 16, 2])."):  # fmt: skip
        cached(lib, persistent=True, length=16).load_state_dict(saved)
    with raises(RuntimeError, "Error(s) in loading state_dict for Module:\n\t"
                'Unexpected key(s) in state_dict: "keys". '):  # fmt: skip
        cached(lib, persistent=False).load_state_dict(saved)


def test_attention_over_cached_keys_is_that_over_all(lib):
    lib.manual_seed(0)
    q, k, v = lib.randn(3, 1, 6, 4).unbind()
    attend = lib.nn.functional.scaled_dot_product_attention
    whole = attend(q, k, v, is_causal=True)
    keys, values = lib.zeros(1, 6, 4), lib.zeros(1, 6, 4)
    for i in range(6):
        keys[:, i], values[:, i] = k[:, i], v[:, i]
        step = attend(q[:, i : i + 1], keys[:, : i + 1], values[:, : i + 1])
        assert lib.allclose(step[:, 0], whole[:, i], atol=1e-6)


def test_a_cache_that_is_written_over_cannot_be_trained_through(lib):
    w = lib.ones(2, requires_grad=True)
    cache = lib.zeros(3, 2)
    total = 0
    for i in range(3):
        cache[i] = w * (i + 1)
        total = total + (cache[: i + 1] * cache[: i + 1]).sum()
    with pytest.raises(RuntimeError, match="has been modified by an inplace operation"):
        total.backward()
