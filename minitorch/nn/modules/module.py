"""What torch keeps under `nn.modules.module`: Module, and the hooks of all modules.

May import floor 4. Nothing is defined here.
"""

from ..module import *  # noqa: F403
