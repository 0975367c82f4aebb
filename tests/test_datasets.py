"""The bundled data: what they are, that damage is noticed, and that they can be learned."""

import hashlib
import importlib
import re
import socket
from pathlib import Path

import numpy as np
import pytest
from exact import raises

import minitorch
from minitorch.datasets import digits, names, sunspots
from minitorch.datasets.digits import _load

ROOT = Path(__file__).parents[1]

# The class distribution of optdigits.tes that UCI publishes with it.
PUBLISHED = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]

# ---- files and cards ---------------------------------------------------------------------------

of_each = pytest.mark.parametrize(
    "module",
    [
        importlib.import_module(f"minitorch.datasets.{name}")
        for name in ("digits", "names", "sunspots")
    ],
    ids=lambda module: module.__all__[0],
)


def card_of(module):
    return " ".join(module._FILE.with_suffix(".md").read_text("utf-8").split())


@of_each
def test_nothing_is_downloaded(monkeypatch, module):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    assert len(getattr(module, module.__all__[0])()) > 1


@of_each
@pytest.mark.parametrize("damage", ["one byte", "cut short", "empty"])
def test_a_damaged_file_is_refused(tmp_path, module, damage):
    data = bytearray(module._FILE.read_bytes())
    if damage == "one byte":
        data[1000] ^= 1
    data = data if damage == "one byte" else data[: 100 if damage == "cut short" else 0]
    copy = tmp_path / module._FILE.name
    copy.write_bytes(data)
    text = (
        f"{copy.name} is damaged: its SHA-256 should be {module._SHA256}, but it is "
        f"{hashlib.sha256(data).hexdigest()}. Install minitorch again, or make the file with "
        f"docs/data/make_{copy.stem}.py."
    )
    with raises(RuntimeError, text):
        module._load(copy)
    assert (ROOT / "docs" / "data" / f"make_{copy.stem}.py").exists()


@of_each
def test_the_card_names_the_file(module):
    card = card_of(module)
    assert re.findall(r"\b[0-9a-f]{64}\b", card) == [module._SHA256]
    assert f"{module._FILE.stat().st_size:,} bytes" in card
    assert all(f"| {what} |" in card for what in ("source", "licence", "changes"))


# ---- digits --------------------------------------------------------------------------------------


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


def test_the_card_of_the_digits_tells_the_truth():
    card = card_of(importlib.import_module("minitorch.datasets.digits"))
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


# ---- sunspots ------------------------------------------------------------------------------------


def test_sunspots_of_309_years():
    years, numbers = sunspots()
    assert years.dtype == minitorch.int64 and numbers.dtype == minitorch.float32
    assert years.tolist() == list(range(1700, 2009))
    of_year = dict(zip(years.tolist(), np.round(numbers.tolist(), 1)))
    # Known from any book on the sun, whoever typed in the file.
    assert of_year[1957] == 190.2 == max(of_year.values()) and of_year[1816] == 45.8
    assert [year for year, number in of_year.items() if number == 0] == [1711, 1712, 1810]


def errors_of_baselines():
    """Root mean square errors from 1950 on: of the last value, of a line through the last nine."""
    years, numbers = (t.numpy().astype(float) for t in sunspots())
    last = np.array([numbers[i - 9 : i] for i in range(9, 309)])
    inputs, targets = np.c_[last, np.ones(300)], numbers[9:]
    early = years[9:] < 1950
    weights = np.linalg.lstsq(inputs[early], targets[early])[0]
    guesses = (last[:, -1], inputs @ weights)
    return [np.sqrt(np.mean((guess - targets)[~early] ** 2)) for guess in guesses], (~early).sum()


def test_the_card_of_the_sunspots_tells_the_truth():
    card = card_of(importlib.import_module("minitorch.datasets.sunspots"))
    (naive, line), n = errors_of_baselines()
    assert f"from 1950 on ({n} of them)" in card
    assert f"root mean square error of {naive:.1f};" in card and f"one of {line:.1f}." in card
    numbers = sunspots()[1].numpy()
    peaks = [i for i in range(4, 305) if numbers[i] == numbers[i - 4 : i + 5].max()]
    apart = np.diff(peaks)
    assert f"{apart.min()} to {apart.max()} years, {apart.mean():.1f} on average" in card


# ---- names ---------------------------------------------------------------------------------------


def test_names_are_sorted_small_letters():
    places = names()
    assert places == sorted(set(places)) and len(places) >= 400
    assert {"berlin", "kyiv", "new york", "port au prince"} < set(places)
    assert all(re.fullmatch("[a-z]+( [a-z]+)*", place) for place in places)
    places.clear()
    assert names() != []  # a list of one's own


def test_the_card_of_the_names_tells_the_truth():
    card, places = card_of(importlib.import_module("minitorch.datasets.names")), names()
    lengths = sorted(map(len, places))
    assert f"{len(places)} names" in card and f"{sum(' ' in p for p in places)} names have" in card
    assert f"the shortest has {lengths[0]} characters, the longest two have {lengths[-2]}." in card
    pairs = [pair for place in places for pair in zip(f"\n{place}", f"{place}\n")]
    letters, found = np.unique([second for _, second in pairs], return_counts=True)
    assert f"{len(letters)} characters and {len(pairs):,} to predict" in card
    after = [np.unique([b for a, b in pairs if a == c], return_counts=True)[1] for c in letters]
    uniform, single, double = np.log(len(letters)), nats(found), sum(map(nats, after))
    total = len(pairs)
    assert f"guessing costs {uniform:.2f}" in card
    assert f"how often each character occurs {single / total:.2f}" in card
    assert f"knowing the one before {double / total:.2f} " in card


def nats(counts):
    """What it costs to say which, one after the other, knowing how often each comes."""
    return -np.sum(counts * np.log(counts / counts.sum()))
