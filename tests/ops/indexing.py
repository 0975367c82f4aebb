"""Taking and putting elements by position."""

from ops_table import real

INPUTS = {"J": real(2, 4, 4), "x": real(2, 2), "y": real(5)}

OPS = """
__getitem__  A, 0; A, -1; A, at[:, 1:]; A, at[..., None]; A, at[0, 1, 2]; A, at[::2, ::2]
             A, at[..., 0]; a, t; A, t; v, i; A, at[:, i]; A, at[:, [0, 2], 1]
             a, at[[0, 1], [1, 1]]; A, at[None, 0]; a, at[:, o]; A, at[lib.tensor([[0], [1]]), i]
             A, at[lib.tensor([0, 1]), :, lib.tensor([1, 0])]; a, True; a, False; s, None
             A, at[()]; A, at[1:, ..., 9:]; A, at[5:1]; A, at[-1, None, :, ::3]; a, [[0, 1, 1]]
             A, at[..., i[:2], :]; A, at[i[:2] // 2, ..., i[:2]]; A, at[1, :, i]; A, at[:, i, None]
             A, at[t, 1:]; A, at[:, o, None]; A, at[o[:2], :, i[:1]]; A, at[None, t]; A, at[t, [0]]
             A, lib.tensor(1); A, at[:, lib.tensor(1)]; a, lib.tensor([1, 0], dtype=lib.uint8)
             A, range(2); a, at[True, 0]; a, at[0, False]; s, lib.tensor(True)
             A, at[lib.tensor(0):lib.tensor(1)]; a, []; v, i.int(); e, at[[], 0]; v, -i
             A.mT, i[:2] // 2
             | A, 2; A, at[0, 0, 0, 0]; v, 1.5; s, 0; A, at[:, 3]; v, lib.tensor([3]); a, o
               A, at[::-1]; A, at[::0]; s, at[:]; v, lib.tensor([0, -4]); A, w; A, at[i, i[:3]]
               A, at[None, 0, 7]; A, 'x'; A, {}; A, at[:, t]; A, i.short(); v, at[1.:2]
index_select A, 1, i; v, 0, i; A, -1, i; s, 0, i[:1] * 0; v, 0, i[0]; A, 0, i[:0]; A.mT, 1, i.int()
             | A, 1, a; A, 3, i; v, 0, i + 3; v, 0, -i - 1; A, 1, i + 3; A, 1, k; s, 0, i
index_add    A, 1, i, J.mT; A, 1, i, J.mT, alpha=2; v, 0, i[:1], w[:1]; s, 0, i[:1] * 0, r
             | A, 1, i, A; v, 0, i, y[:4].double(); A, 1, k, J; A, 1, i + 3, J.mT
index_put    a, (lib.tensor([0, 1]), lib.tensor([1, 2])), s
             a, (lib.tensor([0, 0]), lib.tensor([1, 1])), s, accumulate=True; a, (t,), s
             A, (lib.tensor([1]),), M; A, (lib.tensor([1, 0]),), M, True; a, [o[:2], i[:1]], w[:1]
             | a, (i,), s; a, (t,), b; a, t, s; a, (i * 0,), b.double(); a, (t, t), s; a, (t,), 2.
gather       a, 1, lib.tensor([[0, 2], [1, 1]]); A, 0, lib.tensor([[[0, 1, 1]]])
             s, 0, i[:1] * 0; v, 0, i[0]; v, 0, i; a, 1, i[:0]
             | a, 1, v; a, 1, lib.tensor([[3]]); a, 1, lib.tensor([[-1]]); a, 2, k; a, 1, a
               a, 0, lib.zeros(3, 4, dtype=lib.int64)
scatter      a, 1, lib.tensor([[0, 2], [1, 0]]), x; a, 1, lib.tensor([[0, 2], [1, 0]]), 2
             a, 1, lib.tensor([[0, 2], [1, 0]]), 2, reduce='add'; a, 0, lib.tensor([[1]]), x
             a, 1, lib.tensor([[0, 0], [1, 1]]), x, reduce='multiply'
             s, 0, i[:1] * 0, r; v, 0, i[:2], w
             | a, 1, lib.tensor([[3]]), 2; a, 1, k - 1, x; a, 1, k - 1, u.double(); a, 1, k - 1, 'x'
               a, 1, k - 1, u, reduce='mean'; n, 1, k - 1, inf
scatter_add  a, 1, lib.tensor([[0, 2], [1, 1]]), x; v, 0, i[:3] * 0, w; a, 1, lib.tensor([[2]]), x
             | a, 1, lib.tensor([[3]]), x; a, 1, k - 1, x; a, 1, k - 1, 2.
take_along_dim a, lib.tensor([[0], [2]]), 1; a, lib.tensor([5, 0]); a, lib.tensor([[-1]]), 1
             | a, v, 1; a, lib.tensor([7]); a, k.int(), 1; A, k, 1
masked_fill  a, t, 2; a, t, s; a, o, 0.5; n, t, 7; n, t, 1.5; v, t, 2; s, o, 0
             | a, n, 1; a, t, v; a, t, 'x'; n, t, inf; c, t, 1
masked_select a, t; a, o; n, t; s, o; v, t                         | a, n; c, t
nonzero      n; t; a; n, as_tuple=True; s; s, as_tuple=True; e; lib.ones(40, 30)
argwhere     n; t; s
"""
