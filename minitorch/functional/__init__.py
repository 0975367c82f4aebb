"""`minitorch.nn.functional`: layers, activations and losses as functions.

Floor 3. Compositions of the operations in `ops/`; only names here, and, for functions that do not
look themselves, the error for what is no tensor.
"""

from ..methods import checked as _checked
from .activations import *
from .attention import *
from .images import *
from .layers import *
from .losses import *
from .norms import *
from .pooling import *
from .windows import *

# Written in C there: what is given by keyword has no number in an error.
for _name in """adaptive_avg_pool1d avg_pool1d avg_pool2d conv_transpose1d conv_transpose2d
        cosine_similarity one_hot pairwise_distance pixel_shuffle pixel_unshuffle
        scaled_dot_product_attention""".split():
    globals()[_name] = _checked(globals()[_name], order=())

_FORMS = [
    "Tensor input, Tensor weight, Tensor bias = None, tuple of ints stride = 1, "
    f"{padding}, tuple of ints dilation = 1, int groups = 1"
    for padding in ("tuple of ints padding = 0", 'str padding = "valid"')
]
for _name in ("conv1d", "conv2d"):
    globals()[_name] = _checked(globals()[_name], forms=_FORMS)

# Written in Python there, which hands the arguments on in this order (an empty one: its own).
_STATISTICS = "input weight bias running_mean running_var"
for _name, _order in {
    "adaptive_avg_pool2d": "", "dropout": "", "group_norm": "", "layer_norm": "", "max_pool1d": "",
    "max_pool2d": "", "pad": "", "rms_norm": "", "unfold": "", "batch_norm": _STATISTICS,
    "instance_norm": _STATISTICS,
}.items():  # fmt: skip
    _code = globals()[_name].__code__
    _order = _order.split() or _code.co_varnames[: _code.co_argcount]
    globals()[_name] = _checked(globals()[_name], order=_order)
