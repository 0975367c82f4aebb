"""`nn.functional`: torch's name for `minitorch/functional.py`, where the functions are.

May import floor 3. Nothing is defined here.
"""

from ..functional import *  # noqa: F403
