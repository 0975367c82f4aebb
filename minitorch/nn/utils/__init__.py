"""nn.utils: company for a training loop and for modules, under torch's names.

May import floors 0-4. Names only, no logic.
"""

from . import rnn
