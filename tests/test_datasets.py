"""The bundled digits: what they are, that damage is noticed, and that they can be learned."""

import hashlib
import re
import socket

import numpy as np
import pytest
from exact import raises

import minitorch
from minitorch.datasets import digits
from minitorch.datasets.digits import _FILE, _SHA256, _load

# The class distribution of optdigits.tes that UCI publishes with it.
PUBLISHED = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_shapes_dtypes_and_range():
    x_train, y_train, x_test, y_test = digits()
    assert x_train.shape == (1442, 64) and y_train.shape == (1442,)
    assert x_test.shape == (355, 64) and y_test.shape == (355,)
    assert {x_train.dtype, x_test.dtype} == {minitorch.float32}
    assert {y_train.dtype, y_test.dtype} == {minitorch.int64}
    values = np.concatenate([x_train.numpy(), x_test.numpy()]) * 16
    assert set(values.ravel().tolist()) == set(range(17))


def test_they_are_the_published_digits():
    images, labels = _load()
    assert images.shape == (1797, 64) and images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == PUBLISHED
    # The arrays themselves, whatever zlib packed them.
    assert hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest() == (
        "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    )


def test_every_fifth_image_of_each_digit_is_a_test_image():
    images, labels = _load()
    x_train, y_train, x_test, y_test = (t.numpy() for t in digits())
    for digit in range(10):
        of_it = images[labels == digit] / np.float32(16)
        chosen = np.arange(len(of_it)) % 5 == 4
        assert np.array_equal(x_test[y_test == digit], of_it[chosen])
        assert np.array_equal(x_train[y_train == digit], of_it[~chosen])


def test_each_call_gives_tensors_of_its_own():
    first, second = digits()[0], digits()[0]
    first.zero_()
    assert second.sum().item() > 0


def test_nothing_is_downloaded(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    digits()


@pytest.mark.parametrize("damage", ["one byte", "cut short", "empty"])
def test_a_damaged_file_is_refused(tmp_path, damage):
    data = bytearray(_FILE.read_bytes())
    if damage == "one byte":
        data[1000] ^= 1
    data = data if damage == "one byte" else data[: 100 if damage == "cut short" else 0]
    copy = tmp_path / "digits.npz"
    copy.write_bytes(data)
    text = (
        f"digits.npz is damaged: its SHA-256 should be {_SHA256}, but it is "
        f"{hashlib.sha256(data).hexdigest()}. Install minitorch again, or make the file with "
        "docs/data/make_digits.py."
    )
    with raises(RuntimeError, text):
        _load(copy)


def test_the_card_tells_the_truth():
    card = " ".join(_FILE.with_suffix(".md").read_text().split())
    assert re.findall(r"\b[0-9a-f]{64}\b", card) == [_SHA256]
    assert f"{_FILE.stat().st_size:,} bytes" in card
    assert f"Each digit occurs {min(PUBLISHED)} to {max(PUBLISHED)} times" in card
    x_train, _, x_test, y_test = digits()
    assert f"{len(x_train):,} images to train with and {len(x_test)} to test with" in card
    counts = np.bincount(y_test.numpy())
    assert f"{counts.min()} to {counts.max()} of each digit" in card


@pytest.mark.parametrize("seed", range(3))
def test_a_perceptron_learns_them(seed):
    nn = minitorch.nn
    x_train, y_train, x_test, y_test = digits()
    minitorch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = minitorch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(10):
        order = minitorch.randperm(len(x_train)).numpy()
        for start in range(0, len(order), 32):
            batch = minitorch.from_numpy(order[start : start + 32])
            loss = nn.functional.cross_entropy(model(x_train[batch]), y_train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    right = model(x_test).argmax(1).numpy() == y_test.numpy()
    assert right.mean() >= 0.96
