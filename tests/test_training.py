"""The first chapter's promise: the same network, the same seed, the same losses as torch."""

import json

import pytest
from training import RECORDED, train

FOUR_DECIMALS = 0.5e-4


def test_first_epoch_agrees_with_the_recorded_losses_of_torch():
    losses, _ = train("minitorch", epochs=1)
    assert losses == pytest.approx(json.loads(RECORDED.read_text()), rel=0, abs=FOUR_DECIMALS)


@pytest.mark.torch
def test_first_epoch_agrees_with_torch():
    ours, _ = train("minitorch", epochs=1)
    theirs, _ = train("torch", epochs=1)
    assert len(ours) == 46
    assert ours == pytest.approx(theirs, rel=0, abs=FOUR_DECIMALS)


@pytest.mark.torch
def test_the_recorded_losses_are_those_of_torch():
    losses, _ = train("torch", epochs=1)
    assert json.loads(RECORDED.read_text()) == pytest.approx(losses, rel=0, abs=2e-6)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_ten_epochs_know_at_least_96_percent_of_the_test_digits(seed):
    _, known = train("minitorch", epochs=10, seed=seed)
    assert known >= 0.96
