"""Submissions to A4 whose grade is known; `minitorch/classroom/selftest.py` explains the form."""

CELL = ["test_cell_parameters", "test_cell_step"]
UNROLL = ["test_unroll", "test_unroll_from"]
STREAM = [
    "test_stream_carries",
    "test_stream_windows",
    "test_stream_buffer",
    "test_stream_reset",
    "test_stream_rows",
    "test_stream_batch",
    "test_stream_own",
    "test_stream_copy",
]
NETWORK = ["test_forecaster", "test_fit", "test_forecast"]

REGISTER = 'self.register_buffer("h", None, persistent=False)'
KEEP = "self.h = last.detach().clone()"
ROWS = "            h = self.h.clone()\n            h[rows] = 0\n            self.h = h"
CHECK = """        if self.h is not None and len(self.h) != x.shape[1]:
            raise ValueError(
                f"the state is that of {len(self.h)} sequences, the input has {x.shape[1]}: "
                "call reset() first"
            )
"""

RIGHT = {
    "Cell gate by gate, by slices and F.linear": {
        "cell": """
class Cell(nn.Module):
    def __init__(self, F, H):
        super().__init__()
        k = 1 / np.sqrt(H)
        self.H = H
        self.weight_ih = nn.Parameter(2 * k * minitorch.rand(3 * H, F) - k)
        self.weight_hh = nn.Parameter(2 * k * minitorch.rand(3 * H, H) - k)
        self.bias_ih = nn.Parameter(2 * k * minitorch.rand(3 * H) - k)
        self.bias_hh = nn.Parameter(2 * k * minitorch.rand(3 * H) - k)

    def forward(self, x, h=None):
        H = self.H
        if h is None:
            h = minitorch.zeros(x.shape[0], H, dtype=x.dtype)
        a = nn.functional.linear(x, self.weight_ih, self.bias_ih)
        b = nn.functional.linear(h, self.weight_hh, self.bias_hh)
        gates = minitorch.sigmoid(a[:, : 2 * H] + b[:, : 2 * H])
        r, z = gates[:, :H], gates[:, H:]
        n = minitorch.tanh(a[:, 2 * H :] + r * b[:, 2 * H :])
        return n + z * (h - n)
""",
    },
    "unroll by a list comprehension, the last state by its number": {
        "unroll": """
def unroll(cell, x, h=None):
    def step(t):
        nonlocal h
        h = cell(x[t], h) if h is not None else cell(x[t])
        return h

    states = [step(t) for t in range(x.shape[0])]
    return minitorch.cat([state.unsqueeze(0) for state in states]), states[-1]
""",
    },
    "unroll fills a tensor, and returns its end": {
        "unroll": """
def unroll(cell, x, h=None):
    states = minitorch.empty(0)
    for t in range(len(x)):
        h = cell(x[t], h)
        states = minitorch.cat([states, h[None]]) if t else h[None]
    return states, states[-1]
""",
    },
    "Stream with a Buffer, and a mask for the rows": {
        "stream": """
class Stream(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.cell = cell
        self.h = nn.Buffer(minitorch.zeros(0), persistent=False)
        self.h = None

    def forward(self, x):
        B = x.size(1)
        if self.h is not None and self.h.size(0) != B:
            raise ValueError(f"kept {self.h.size(0)}, given {B}")
        states, last = unroll(self.cell, x, self.h)
        with minitorch.no_grad():
            self.h = last.clone()
        return states

    def reset(self, rows=None):
        if self.h is None:
            return
        if rows is None:
            self.h = None
        else:
            keep = [[0.0 if b in rows else 1.0] for b in range(len(self.h))]
            self.h = self.h * minitorch.tensor(keep, dtype=self.h.dtype)
""",
    },
    "Stream steps the cell itself, and knows its batch": {
        "stream": """
class Stream(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.register_buffer("h", None, persistent=False)
        self.add_module("cell", cell)

    def _check(self, B):
        if self.h is None or self.h.shape[0] == B:
            return
        raise ValueError("batch of %d, but the state has %d rows" % (B, self.h.shape[0]))

    def forward(self, x):
        self._check(x.shape[1])
        h = self.h
        states = []
        for t in range(len(x)):
            h = self.cell(x[t], h)
            states.append(h)
        self.h = h.detach()
        return minitorch.stack(states, dim=0)

    def reset(self, rows=None):
        new = None
        if rows is not None and self.h is not None:
            new = minitorch.stack(
                [row * 0 if b in rows else row for b, row in enumerate(self.h)]
            )
        self.h = new
""",
    },
    "Stream writes zeros into the rows of a state that is a copy": {
        "stream": [(ROWS, "            self.h[rows] = 0")],
    },
    "fit by hand-made windows, forecast puts the state back": {
        "fit": """
def fit(model, series, window, epochs, lr):
    adam = minitorch.optim.Adam(model.parameters(), lr)
    T, losses = len(series) - 1, []
    for _ in range(epochs):
        model.stream.reset()
        start = 0
        while start < T:
            stop = min(start + window, T)
            x = series[start:stop][:, None, None]
            y = series[start + 1 : stop + 1][:, None, None]
            adam.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            adam.step()
            losses.append(float(loss.detach()))
            start = stop
    return losses
""",
        "forecast": """
@minitorch.no_grad()
def forecast(model, x, steps):
    before, found = model.stream.h, []
    try:
        for _ in range(steps):
            x = model(x.reshape(1, -1, 1)).reshape(-1, 1)
            found.append(x)
    finally:
        model.stream.h = before
    return minitorch.stack(found)
""",
    },
    "Forecaster keeps its parts in the other order of calls": {
        "forecaster": """
class Forecaster(nn.Module):
    def __init__(self, H):
        super().__init__()
        cell = Cell(1, H)
        self.stream, self.change = Stream(cell), nn.Linear(H, 1)

    def forward(self, x):
        states = self.stream(x)
        T, B, H = states.shape
        return self.change(states.reshape(T * B, H)).reshape(T, B, 1) + x
""",
    },
}

WRONG = {
    "Cell: the gate r is applied to the state, before the product": (
        {
            "cell": [
                (
                    "from_x[2] + r * from_h[2]",
                    "from_x[2] + (r * h) @ self.weight_hh[2 * self.H :].T"
                    " + self.bias_hh[2 * self.H :]",
                ),
            ]
        },
        ["test_cell_step", *NETWORK],
    ),
    "Cell: the bias of the state is outside of the gate": (
        {
            "cell": [
                (
                    "r * from_h[2]",
                    "r * (from_h[2] - self.bias_hh[2 * self.H :]) + self.bias_hh[2 * self.H :]",
                ),
            ]
        },
        ["test_cell_step", *NETWORK],
    ),
    "Cell: the gates are in another order": (
        {
            "cell": [
                ("r = (from_x[0] + from_h[0])", "r = (from_x[1] + from_h[1])"),
                ("z = (from_x[1] + from_h[1])", "z = (from_x[0] + from_h[0])"),
            ]
        },
        ["test_cell_step", *NETWORK],
    ),
    "Cell: z and 1 - z are exchanged": (
        {"cell": [("(1 - z) * n + z * h", "z * n + (1 - z) * h")]},
        ["test_cell_step", *NETWORK],
    ),
    "Cell: the proposal is a sigmoid": (
        {"cell": [("from_h[2]).tanh()", "from_h[2]).sigmoid()")]},
        ["test_cell_step", *NETWORK],
    ),
    "Cell: the weights are not transposed": (
        {"cell": [("self.weight_ih.T", "self.weight_ih"), ("self.weight_hh.T", "self.weight_hh")]},
        ["test_cell_step", *NETWORK],
    ),
    "Cell: the weights have the shape of the other side": (
        {
            "cell": [
                ("minitorch.empty(3 * H, F)", "minitorch.empty(F, 3 * H)"),
                ("self.weight_ih.T", "self.weight_ih"),
            ]
        },
        [*CELL, *NETWORK],
    ),
    "Cell: one bias is enough": (
        {
            "cell": [
                ("        self.bias_hh = nn.Parameter(minitorch.empty(3 * H))\n", ""),
                (" + self.bias_hh)", ")"),
            ]
        },
        [*CELL, *NETWORK],
    ),
    "Cell: the weights are plain tensors": (
        {
            "cell": [
                (
                    "nn.Parameter(minitorch.empty(3 * H, H))",
                    "minitorch.randn(3 * H, H, requires_grad=True)",
                )
            ]
        },
        [*CELL, *NETWORK],
    ),
    "Cell: the weights are normally distributed": (
        {
            "cell": [
                (
                    "nn.init.uniform_(parameter, -1 / H**0.5, 1 / H**0.5)",
                    "nn.init.normal_(parameter)",
                )
            ]
        },
        ["test_cell_parameters"],
    ),
    "Cell: the weights are positive": (
        {"cell": [("-1 / H**0.5, 1 / H**0.5", "0, 1 / H**0.5")]},
        ["test_cell_parameters"],
    ),
    "Cell: the bound is that of the input": (
        {"cell": [("-1 / H**0.5, 1 / H**0.5", "-1 / F**0.5, 1 / F**0.5")]},
        ["test_cell_parameters"],
    ),
    "Cell: the first state is of float32": (
        {"cell": [("x.new_zeros(len(x), self.H)", "minitorch.zeros(len(x), self.H)")]},
        ["test_cell_step", *NETWORK],
    ),
    "Cell: the first state is random": (
        {
            "cell": [
                ("x.new_zeros(len(x), self.H)", "minitorch.randn(len(x), self.H, dtype=x.dtype)")
            ]
        },
        ["test_cell_step", *NETWORK],
    ),
    "unroll: each step begins anew": (
        {
            "unroll": [
                ("h = cell(item, h)\n        states.append(h)", "states.append(cell(item, h))"),
                ("minitorch.stack(states), h", "minitorch.stack(states), states[-1]"),
            ]
        },
        [*UNROLL, *STREAM, *NETWORK],
    ),
    "unroll: the given state is forgotten": (
        {"unroll": [("    states = []\n", "    states, h = [], None\n")]},
        [
            "test_unroll_from",
            "test_stream_carries",
            "test_stream_windows",
            "test_stream_reset",
            "test_stream_rows",
            "test_stream_batch",
            "test_stream_own",
            "test_stream_copy",
            *NETWORK,
        ],
    ),
    "unroll: detached at each step": (
        {
            "unroll": [
                (
                    "h = cell(item, h)\n        states.append(h)",
                    "h = cell(item, h)\n        states.append(h)\n        h = h.detach()",
                )
            ]
        },
        [*UNROLL, "test_stream_windows", "test_stream_own", "test_fit"],
    ),
    "unroll: the batch is taken for the time": (
        {"unroll": [("for item in x:", "for item in x.transpose(0, 1):")]},
        [*UNROLL, *STREAM, *NETWORK],
    ),
    "unroll: the states are stacked behind the batch": (
        {"unroll": [("minitorch.stack(states)", "minitorch.stack(states, dim=1)")]},
        [
            *UNROLL,
            "test_stream_carries",
            "test_stream_buffer",
            "test_stream_reset",
            "test_stream_rows",
            "test_stream_batch",
            "test_stream_own",
            "test_stream_copy",
            *NETWORK,
        ],
    ),
    "unroll: the states are a list": (
        {"unroll": [("minitorch.stack(states), h", "states, h")]},
        [*UNROLL, *STREAM, *NETWORK],
    ),
    "unroll: a new tensor of the values, without their history": (
        {
            "unroll": [
                ("minitorch.stack(states), h", "minitorch.stack([s.detach() for s in states]), h")
            ]
        },
        ["test_unroll_from", "test_stream_windows", "test_stream_own", "test_fit"],
    ),
    "unroll: only the states": (
        {"unroll": [("minitorch.stack(states), h", "minitorch.stack(states)")]},
        [*UNROLL, *STREAM, *NETWORK],
    ),
    "Stream: the state is a plain attribute": (
        {"stream": [(REGISTER, "self.h = None")]},
        ["test_stream_buffer"],
    ),
    "Stream: the state is saved": (
        {"stream": [(", persistent=False", "")]},
        ["test_stream_buffer"],
    ),
    "Stream: the state is a Parameter": (
        {"stream": [(REGISTER, "self.h = None"), (KEEP, "self.h = nn.Parameter(last.detach())")]},
        [
            "test_stream_windows",
            "test_stream_buffer",
            "test_stream_rows",
            "test_stream_own",
            "test_stream_copy",
        ],
    ),
    "Stream: the state keeps its history": (
        {"stream": [(".detach()", "")]},
        ["test_stream_windows", "test_stream_own", "test_stream_copy", "test_fit", "test_forecast"],
    ),
    "Stream: the state keeps its history, but the copy is cut": (
        {
            "stream": [
                (KEEP, "self.h = last"),
                (
                    "    def reset(",
                    "    def __deepcopy__(self, memo):\n"
                    "        twin = Stream(copy.deepcopy(self.cell))\n"
                    "        twin.h = None if self.h is None else self.h.detach().clone()\n"
                    "        return twin\n\n    def reset(",
                ),
            ]
        },
        ["test_stream_windows", "test_stream_own", "test_fit"],
    ),
    "Stream: the result is detached, not the state": (
        {"stream": [(KEEP, "self.h = last"), ("return states", "return states.detach()")]},
        ["test_stream_windows", "test_stream_own", "test_stream_copy", "test_fit", "test_forecast"],
    ),
    "Stream: the result is detached as well": (
        {"stream": [("return states", "return states.detach()")]},
        ["test_stream_windows", "test_stream_own", "test_fit"],
    ),
    "Stream: no state is kept": ({"stream": [(KEEP, "pass")]}, [*STREAM, *NETWORK]),
    "Stream: the state is kept in training only": (
        {"stream": [(KEEP, "if self.training:\n            self.h = last.detach()")]},
        ["test_stream_carries"],
    ),
    "Stream: the first state of the window is kept": (
        {"stream": [(KEEP, "self.h = states[0].detach().clone()")]},
        [
            "test_stream_carries",
            "test_stream_windows",
            "test_stream_reset",
            "test_stream_rows",
            "test_stream_batch",
            "test_stream_own",
            "test_stream_copy",
            *NETWORK,
        ],
    ),
    "Stream: the state is a view of the result": (
        {"stream": [(KEEP, "self.h = states[-1].detach()")]},
        ["test_stream_own"],
    ),
    "Stream: the state has the batch size of the beginning": (
        {
            "stream": [
                (REGISTER, 'self.register_buffer("h", minitorch.zeros(1, 3), persistent=False)')
            ]
        },
        [
            "test_stream_carries",
            "test_stream_windows",
            "test_stream_buffer",
            "test_stream_rows",
            "test_stream_batch",
            "test_stream_own",
            "test_stream_copy",
            *NETWORK,
        ],
    ),
    "Stream: the batch is not checked": ({"stream": [(CHECK, "")]}, ["test_stream_batch"]),
    "Stream: the number of moments is checked": (
        {"stream": [("len(self.h) != x.shape[1]", "len(self.h) != x.shape[0]")]},
        [*STREAM, *NETWORK],
    ),
    "Stream: another batch begins anew in silence": (
        {
            "stream": [
                (
                    CHECK,
                    "        if self.h is not None and len(self.h) != x.shape[1]:\n"
                    "            self.h = None\n",
                )
            ]
        },
        ["test_stream_batch"],
    ),
    "Stream: only a larger batch is refused": (
        {"stream": [("len(self.h) != x.shape[1]", "len(self.h) < x.shape[1]")]},
        ["test_stream_batch"],
    ),
    "Stream: a batch of one is let through": (
        {"stream": [("len(self.h) != x.shape[1]", "x.shape[1] not in (1, len(self.h))")]},
        ["test_stream_batch"],
    ),
    "Stream: the error forgets the state": (
        {
            "stream": [
                (
                    "            raise ValueError(\n",
                    "            kept, self.h = len(self.h), None\n            raise ValueError(\n",
                ),
                ("{len(self.h)} sequences", "{kept} sequences"),
            ]
        },
        ["test_stream_batch"],
    ),
    "Stream: the error names no size": (
        {
            "stream": [
                (
                    "{len(self.h)} sequences, the input has {x.shape[1]}",
                    "other sequences, the input has others",
                )
            ]
        },
        ["test_stream_batch"],
    ),
    "Stream: the batch is checked by assert": (
        {"stream": [(CHECK, "        assert self.h is None or len(self.h) == x.shape[1]\n")]},
        ["test_stream_batch"],
    ),
    "Stream: reset sets zeros": (
        {
            "stream": [
                (
                    "            self.h = None\n",
                    "            self.h = minitorch.zeros_like(self.h)\n",
                )
            ]
        },
        ["test_stream_reset"],
    ),
    "Stream: reset sets zeros in place": (
        {
            "stream": [
                (
                    "            self.h = None\n",
                    "            if self.h is not None:\n                self.h.zero_()\n",
                )
            ]
        },
        ["test_stream_reset"],
    ),
    "Stream: reset does nothing": (
        {"stream": [("            self.h = None\n", "            pass\n")]},
        ["test_stream_reset", "test_fit"],
    ),
    "Stream: reset of rows resets all": (
        {"stream": [(ROWS, "            self.h = None")]},
        ["test_stream_rows", "test_stream_own", "test_stream_copy"],
    ),
    "Stream: reset of rows keeps these and resets the others": (
        {
            "stream": [
                (
                    "            h[rows] = 0\n",
                    "            rest = [b for b in range(len(h)) if b not in rows]\n"
                    "            h[rest] = 0\n",
                )
            ]
        },
        ["test_stream_rows", "test_stream_own", "test_stream_copy"],
    ),
    "Stream: reset of rows takes columns": (
        {"stream": [("h[rows] = 0", "h[:, rows] = 0")]},
        ["test_stream_rows", "test_stream_own", "test_stream_copy"],
    ),
    "Stream: reset of rows writes into what the graph has saved": (
        {"stream": [(KEEP, "self.h = last.detach()"), (ROWS, "            self.h[rows] = 0")]},
        ["test_stream_own"],
    ),
    "Stream: reset asks `if rows`": (
        {"stream": [("if rows is None:", "if not rows or rows == [0]:")]},
        ["test_stream_rows"],
    ),
    "Stream: reset of rows fails without a state": (
        {"stream": [("        elif self.h is not None:\n", "        else:\n")]},
        ["test_stream_rows"],
    ),
    "Forecaster: x is not added": ({"forecaster": [("x + self.change", "self.change")]}, NETWORK),
    "Forecaster: other names": (
        {"forecaster": [("self.stream", "self.rnn")]},
        NETWORK,
    ),
    "Forecaster: the cell is in a list": (
        {
            "forecaster": [
                (
                    "self.stream = Stream(Cell(1, H))",
                    "self.parts = [Stream(Cell(1, H))]\n        self.stream = None",
                ),
                ("self.stream(x)", "self.parts[0](x)"),
            ]
        },
        NETWORK,
    ),
    "Forecaster: the state is reset at each call": (
        {"forecaster": [("        return x", "        self.stream.reset()\n        return x")]},
        NETWORK,
    ),
    "fit: the state is not reset": (
        {"fit": [("        model.stream.reset()\n", "")]},
        ["test_fit"],
    ),
    "fit: the state is reset once, at the beginning": (
        {
            "fit": [
                ("        model.stream.reset()\n", ""),
                ("    losses = []\n", "    losses = []\n    model.stream.reset()\n"),
            ]
        },
        ["test_fit"],
    ),
    "fit: the state is reset before each window": (
        {
            "fit": [
                (
                    "            loss = loss_fn",
                    "            model.stream.reset()\n            loss = loss_fn",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit: the last window is left out": (
        {
            "fit": [
                (
                    "            loss = loss_fn",
                    "            if len(now) < window:\n"
                    "                continue\n            loss = loss_fn",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit: the forecast is compared with the same year": (
        {"fit": [("(series[:-1], series[1:])", "(series[:-1], series[:-1])")]},
        ["test_fit"],
    ),
    "fit: each epoch has its own optimizer": (
        {
            "fit": [
                (
                    "        model.stream.reset()\n",
                    "        model.stream.reset()\n"
                    "        optimizer = minitorch.optim.Adam(model.parameters(), lr=lr)\n",
                )
            ]
        },
        ["test_fit"],
    ),
    "fit: the gradients are not cleared": (
        {"fit": [("            optimizer.zero_grad()\n", "")]},
        ["test_fit"],
    ),
    "fit: one step for each epoch": (
        {"fit": [("            optimizer.step()\n", "        optimizer.step()\n")]},
        ["test_fit"],
    ),
    "fit: one loss for each epoch": (
        {
            "fit": [
                ("            losses.append(loss.item())\n", ""),
                ("    return losses", "        losses.append(loss.item())\n    return losses"),
            ]
        },
        ["test_fit"],
    ),
    "fit: the graph of all windows is retained": (
        {
            "fit": [("loss.backward()", "loss.backward(retain_graph=True)")],
            "stream": [(".detach()", "")],
        },
        ["test_stream_windows", "test_stream_own", "test_stream_copy", "test_fit", "test_forecast"],
    ),
    "forecast: the model itself reads": (
        {"forecast": [("copy.deepcopy(model)", "model")]},
        ["test_forecast"],
    ),
    "forecast: the copy is shallow": (
        {"forecast": [("copy.deepcopy(model)", "copy.copy(model)")]},
        ["test_forecast"],
    ),
    "forecast: with a graph": (
        {"forecast": [("    with minitorch.no_grad():\n", "    if True:\n")]},
        ["test_forecast"],
    ),
    "forecast: the state is reset afterwards": (
        {
            "forecast": [
                ("copy.deepcopy(model)", "model"),
                ("    return minitorch", "    model.stream.reset()\n    return minitorch"),
            ]
        },
        ["test_forecast"],
    ),
    "forecast: the state is reset before": (
        {"forecast": [("    with minitorch", "    reader.stream.reset()\n    with minitorch")]},
        ["test_forecast"],
    ),
    "forecast: the same item is read each time": (
        {
            "forecast": [
                (
                    "x = reader(x.unsqueeze(0))[0]\n            found.append(x)",
                    "found.append(reader(x.unsqueeze(0))[0])",
                )
            ]
        },
        ["test_forecast"],
    ),
    "forecast: the newest number is among the forecasts": (
        {
            "forecast": [
                (
                    "x = reader(x.unsqueeze(0))[0]\n            found.append(x)",
                    "found.append(x)\n            x = reader(x.unsqueeze(0))[0]",
                )
            ]
        },
        ["test_forecast"],
    ),
    "the library's cell under another name": (
        {"cell": "class Cell(nn.GRUCell):\n    pass\n"},
        [*CELL, *UNROLL, *STREAM, *NETWORK],
    ),
}

EQUIVALENT = {}
