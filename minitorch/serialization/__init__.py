"""Files: `save` and `load` in torch's format, and `safetensors`.

Floor 4. `saving.py` and `loading.py` are the two directions; what they stand on is in `archive.py`
(the zip file), `unpickler.py` (a pickle that runs no code), `storage.py` (tensors and what they are
made of) and `atomic.py` (a file that is replaced as a whole).
"""

from . import safetensors
from .loading import load
from .saving import save
from .unpickler import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals

__all__ = ["add_safe_globals", "clear_safe_globals", "get_safe_globals", "load", "safe_globals",
           "safetensors", "save"]  # fmt: skip
