"""The training of chapter 00 as a function, for minitorch and torch alike.

    python tests/training.py

records the losses of torch's first epoch in golden/training.json, for machines without torch.
"""

import importlib
import json
from pathlib import Path

from minitorch import datasets

RECORDED = Path(__file__).parent / "golden" / "training.json"


def train(name, epochs, seed=0):
    """Trains 64-64-10 on the digits; the loss of every step, and the share of test digits known."""
    lib = importlib.import_module(name)
    data = importlib.import_module(f"{name}.utils.data")
    nn = lib.nn
    x, y, x_test, y_test = (lib.from_numpy(t.numpy()) for t in datasets.digits())
    lib.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    loader = data.DataLoader(data.TensorDataset(x, y), batch_size=32, shuffle=True)
    optimizer = lib.optim.Adam(model.parameters(), lr=1e-2)
    loss_of = nn.CrossEntropyLoss()
    losses = []
    for _ in range(epochs):
        for images, labels in loader:
            loss = loss_of(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    with lib.no_grad():
        known = (model(x_test).argmax(1) == y_test).float().mean().item()
    return losses, known


if __name__ == "__main__":
    losses, _ = train("torch", epochs=1)
    RECORDED.write_text(json.dumps([round(loss, 6) for loss in losses], indent=0) + "\n")
