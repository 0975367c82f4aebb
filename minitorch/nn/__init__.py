"""nn: Parameter, Module, and the modules that come ready made.

The mechanism is in `parameter.py` and `module.py` (with `hooks.py`, `state_dict.py` and
`moving.py`); every other file is a family of modules. May import floors 0-3. Names only, no logic.
"""

from . import functional, init, modules
from .activation import ReLU
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .linear import Flatten, Identity, Linear, Unflatten
from .loss import CrossEntropyLoss
from .module import Module
from .parameter import Buffer, Parameter
