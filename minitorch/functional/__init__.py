"""`minitorch.nn.functional`: layers, activations and losses as functions.

Floor 3. Compositions of the operations in `ops/`; names only here, no logic.
"""

from .activations import *
from .attention import *
from .images import *
from .layers import *
from .losses import *
from .norms import *
from .windows import *
