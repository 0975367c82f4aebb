"""Factorisations and norms: `minitorch.linalg`.

Floor 2.
"""

import numpy as np

from ..primitive import Primitive

qr_primitive = Primitive("linalg_qr", lambda A, *, mode: np.linalg.qr(A, mode), inputs="A",
                         outputs=True)  # fmt: skip


def qr(A, mode="reduced"):
    """A = Q R, with Q orthogonal and R upper triangular.

    >>> import minitorch
    >>> Q, R = minitorch.linalg.qr(minitorch.eye(2))
    >>> R.shape
    torch.Size([2, 2])
    """
    return qr_primitive(A, mode=mode)
