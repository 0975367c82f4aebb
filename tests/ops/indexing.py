"""Taking and putting elements by position."""

from ops_table import real

INPUTS = {"J": real(2, 4, 4), "x": real(2, 2), "y": real(5)}

OPS = """
__getitem__  A, 0; A, -1; A, at[:, 1:]; A, at[..., None]; A, at[0, 1, 2]; A, at[::2, ::2]
             A, at[..., 0]; a, t; A, t; v, i; A, at[:, i]; A, at[:, [0, 2], 1]
             a, at[[0, 1], [1, 1]]; A, at[None, 0]; a, at[:, o]; A, at[lib.tensor([[0], [1]]), i]
             A, at[lib.tensor([0, 1]), :, lib.tensor([1, 0])]; a, True; a, False; s, None
             A, at[()]
             | A, 2; A, at[0, 0, 0, 0]; v, 1.5; s, 0; A, at[:, 3]; v, lib.tensor([3]); a, o
               A, at[::-1]
index_select A, 1, i; v, 0, i; A, -1, i                            | A, 1, a; A, 3, i
index_add    A, 1, i, J.mT; A, 1, i, J.mT, alpha=2                 | A, 1, i, A
index_put    a, (lib.tensor([0, 1]), lib.tensor([1, 2])), s
             a, (lib.tensor([0, 0]), lib.tensor([1, 1])), s, accumulate=True; a, (t,), s
gather       a, 1, lib.tensor([[0, 2], [1, 1]]); A, 0, lib.tensor([[[0, 1, 1]]])
             | a, 1, v; a, 1, lib.tensor([[3]])
scatter      a, 1, lib.tensor([[0, 2], [1, 0]]), x; a, 1, lib.tensor([[0, 2], [1, 0]]), 2
             a, 1, lib.tensor([[0, 2], [1, 0]]), 2, reduce='add'
             | a, 1, lib.tensor([[3]]), 2
scatter_add  a, 1, lib.tensor([[0, 2], [1, 1]]), x                 | a, 1, lib.tensor([[3]]), x
take_along_dim a, lib.tensor([[0], [2]]), 1; a, lib.tensor([5, 0]) | a, v, 1
masked_fill  a, t, 2; a, t, s; a, o, 0.5; n, t, 7                  | a, n, 1; a, t, v
masked_select a, t; a, o; n, t                                     | a, n
nonzero      n; t; a; n, as_tuple=True; s
argwhere     n; t; s
"""
