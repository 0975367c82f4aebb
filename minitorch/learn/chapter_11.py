"""The exercises of chapter 11, *Capstone: names*."""

from .exercise import Exercise, choice, close, wrong


def _rows(answer, lib, NameGPT, Cache):
    if not isinstance(answer, dict) or set(answer) != {"without", "with", "keys"}:
        wrong(f"write a dictionary with 'without', 'with' and 'keys', not {answer!r}")
    model, rows = NameGPT().eval(), []
    block = model.blocks[0]
    handle = block.qkv.register_forward_hook(lambda layer, args, out: rows.append(out.shape[1]))
    caches = [Cache() for _ in model.blocks]
    with lib.no_grad():
        for _ in range(10):  # the dot at the beginning and nine letters
            model(lib.zeros(1, 1, dtype=lib.int64), caches)
    handle.remove()
    if answer["with"] != sum(rows):
        wrong(f"'with' is {answer['with']!r}. How often is the model called, and what is it "
              "given each time?")  # fmt: skip
    if answer["without"] != sum(range(1, 11)):
        wrong(f"'without' is {answer['without']!r}. How long is the text in the first call, and "
              "how long in the last?")  # fmt: skip
    expected = tuple(caches[0].keys.shape)
    yours = answer["keys"]
    if not isinstance(yours, (tuple, list)) or len(yours) != 4:
        wrong(f"'keys' should be four numbers, yours is {yours!r}")
    names = ("batch", "heads", "positions", "numbers for each head")
    for name, number, right in zip(names, yours, expected):
        if number != right:
            wrong(f"'keys' has {number!r} for {name}, and that is not it")


def _stale(answer, lib):
    choice(
        answer,
        "B",
        "ABC",
        {
            "A": "a buffer that is not persistent is not saved, but nothing empties it. Print "
            "`caches[0].length`.",
            "C": "`forward` asks the first cache for its length. Leave out the line that changes "
            "the parameters, and see.",
        },
    )


def _top_k(answer, lib):
    scores = lib.tensor([1.0, 3.0, -2.0, 2.0, 0.5])
    for k, temperature in ((3, 1.0), (2, 0.5), (1, 1.0), (5, 2.0)):
        given = scores.clone()
        yours, what = answer(given, k, temperature), f"top_k(scores, {k}, {temperature})"
        if not lib.equal(given, scores):
            wrong(f"{what} has changed the scores that it was given to {given.tolist()}")
        best = sorted(range(5), key=lambda i: -scores[i].item())[:k]
        expected = lib.zeros(5)
        expected[best] = lib.softmax(scores[best] / temperature, 0)
        if not hasattr(yours, "shape") or tuple(yours.shape) != (5,):
            wrong(f"for five scores return a tensor of five probabilities, not {yours!r}")
        total, chances = yours.sum().item(), (yours != 0).sum().item()
        if chances != k:
            wrong(f"{what} leaves a chance to {chances} of the 5")
        if abs(total - 1) > 1e-5:
            wrong(f"the probabilities of {what} add up to {total:.3g}")
        close(yours, expected, what)


def _remembering(answer, lib, NameLSTM):
    lib.manual_seed(0)
    model = NameLSTM().eval()
    x = lib.tensor([[0, 16, 20, 13, 16], [0, 3, 9, 2, 2]])
    whole, memory = model(x)[0], answer(model)
    if not isinstance(memory, lib.nn.Module):
        wrong(f"Remembering(model) should be a module, yours is of type {type(memory).__name__}")
    memory.eval()
    first = memory(x[:, :2])
    if isinstance(first, tuple):
        wrong("a call should return the scores only, yours returns a tuple")
    close(first, whole[:, :2], "the scores of the first call")
    second = memory(x[:, 2:])
    close(second, whole[:, 2:], "the scores of the second call, which goes on,")
    _check_kept(memory, model, lib)
    memory.reset()
    close(memory(x[:1, :2]), whole[:1, :2], "after reset(), the scores for a batch of one")


def _check_kept(memory, model, lib):
    """The state between two calls: a buffer, not saved, without history."""
    learned = {id(parameter) for parameter in model.parameters()}
    if {id(parameter) for parameter in memory.parameters()} != learned:
        wrong("the parameters of yours are not those of the model that it was given")
    if not list(memory.buffers()):
        wrong("yours has no buffers after a call, so its state would not move with it")
    extra = [name for name in memory.state_dict() if "." not in name]
    if extra:
        wrong(f"{extra} would be saved with the model")
    if any(buffer.requires_grad for buffer in memory.buffers()):
        wrong("the kept state requires grad: it leads back into the earlier call")


EXERCISES = [
    Exercise(
        "predict",
        _rows,
        hints=(
            "nine letters and the dot that ends them are ten draws, and each needs a call.",
            "with a cache each call gets one character; without one it gets the dot at the "
            "beginning and all letters so far.",
            "W = 32 numbers are dealt out to 4 heads. The last dot that is drawn is not read.",
        ),
        solution="""
predicted = {"without": 55, "with": 10, "keys": (1, 4, 10, 8)}
""",
    ),
    Exercise(
        "explain",
        _stale,
        hints=(
            "what in the caches was computed, when, and with which parameters?",
            "compare what is kept for place 0 with what the changed model computes for it.",
        ),
        solution="""
reason = "B"
# A cache is good for one text and one set of parameters: begin() again after any change.
""",
    ),
    Exercise(
        "build",
        _top_k,
        hints=(
            "`scores.topk(k)` gives the k highest values and their places.",
            "a score of minus infinity gets the probability 0 from `softmax`.",
            "make a tensor full of minus infinity, put the highest scores in their places, divide "
            "by the temperature, and take the `softmax`.",
        ),
        solution="""
def top_k(scores, k, temperature):
    best, places = scores.topk(k)
    kept = minitorch.full_like(scores, float("-inf"))
    kept[places] = best
    return F.softmax(kept / temperature, dim=0)
""",
        praise="Put it into `write`, and see what becomes of the names at a high temperature.",
    ),
    Exercise(
        "build",
        _remembering,
        hints=(
            "the model returns the scores and a state of two tensors, `(h, c)`: register a buffer "
            "for each, None at first.",
            '`self.register_buffer("h", None, persistent=False)`, and in `forward` give the model '
            "None while `self.h` is None, and `(self.h, self.c)` afterwards.",
            "`detach()` gives the values without their history.",
        ),
        solution="""
class Remembering(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.register_buffer("h", None, persistent=False)
        self.register_buffer("c", None, persistent=False)

    def forward(self, x):
        state = None if self.h is None else (self.h, self.c)
        scores, (h, c) = self.model(x, state)
        self.h, self.c = h.detach(), c.detach()
        return scores

    def reset(self):
        self.h = self.c = None
""",
        praise="That is nn.Stateful, all but its checks.",
    ),
]
