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
from .windows import *

for _name in """adaptive_avg_pool1d adaptive_avg_pool2d avg_pool1d avg_pool2d batch_norm conv1d
        conv2d conv_transpose1d conv_transpose2d dropout group_norm instance_norm layer_norm
        max_pool1d max_pool2d one_hot pad pixel_shuffle pixel_unshuffle rms_norm
        scaled_dot_product_attention unfold""".split():
    globals()[_name] = _checked(globals()[_name])
