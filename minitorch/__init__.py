"""minitorch: PyTorch's core, small enough to read, on NumPy alone.

The public face: names, no logic. `minitorch.nn`, `minitorch.optim`, `minitorch.autograd`,
`minitorch.utils.data` and the others are where torch has them.

>>> import minitorch
>>> w = minitorch.ones(2, requires_grad=True)
>>> (w * w).sum().backward()
>>> w.grad
tensor([2., 2.])
"""

import warnings as _warnings

from . import autograd, cuda, func, linalg, nn, optim, random, serialization, utils
from .autograd.anomaly import is_anomaly_check_nan_enabled, is_anomaly_enabled
from .devices import device, get_default_device, set_default_device
from .dtypes import *
from .methods import functions as _functions
from .modes import *
from .ops.sampling import *
from .printing import set_printoptions
from .random import *
from .serialization import load, save
from .tensor import Size, Tensor, as_tensor, from_numpy, is_tensor, tensor

globals().update(_functions)  # the operations, by their public names

# torch computes infinities and NaNs in silence; NumPy's warnings about them, where they come from
# this package, are silenced too. The user's own NumPy code keeps its warnings.
_warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\b")
