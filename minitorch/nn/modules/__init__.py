"""torch's longer path to Module: `nn.modules.module` is where scripts find the global hooks.

May import floor 4. Nothing is defined here.
"""

from . import module
