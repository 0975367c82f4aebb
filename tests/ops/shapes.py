"""Views, joining, splitting, moving."""

from ops_table import real

INPUTS = {"V": real(2, 1, 3, 1), "W": real(2, 5), "x": real(12), "y": real(2, 3, 4)}

OPS = """
reshape      A, (6, 4); A, (2, -1); A, (-1,); A.transpose(0, 2), (6, 4); s, (1, 1); v, [3, 1]
             A.transpose(0, 2), (4, 6); e, (-1, 3); a, shape=(6,); A[:, ::2], (2, 8)
             | A, (5, 5); A, (-1, -1); A, (-1, 5); A, (-2, 12); e, (-1, 0); a, 'x'; a, [2, 'x']
view         A, 6, 4; A, (2, -1); A, -1; A[:, :, 0], 2, 3, 1; A, size=(24,); n, lib.float64
             lib.ones(2, 4), lib.float64; lib.ones(2), dtype=lib.int16
             | A, 5, 5; A.transpose(0, 2), 24; a, lib.float64; s, lib.int8; a, 2, [3]
view_as      x, x.view(2, 6)                                       | x, a
reshape_as   x, x.view(2, 6)                                       | x, a
permute      A, (2, 0, 1); A, (-1, 0, 1)
             | A, (0, 1); A, (0, 0, 1); A, (0, 1, 3)
transpose    A, 0, 1; A, -1, 0; s, 0, -1; v, 0, 0                  | A, 0, 3; A, 0, 'x'; A, 0, 1.
swapaxes     A, 0, 1; A, -1, 0                                     | A, 0, 3
t            M; v; s                                               | A
T            M; v; s; A
mT           M; A; s                                               | v
movedim      A, 0, 2; A, (0, 1), (2, 0); A, -1, 0; s, 0, 0
             | A, (0, 1), 0; A, 0, 3; A, (0, 0), (1, 2); A, (0, 1), (1, 1)
squeeze      V; V, 1; V, -1; V, (1, 3); V, 0; s; s, 0; V, ()       | V, 4; V, (1, 1); V, 'x'
unsqueeze    a, 0; a, 1; a, -1; s, 0; a, -3                        | a, 3; a, (0,); a, 0.
flatten      A; A, 1; A, 0, 1; s; A, -2; A.mT, 1; v                | A, 2, 1; A, 3; A, 0.
unflatten    x, 0, (3, 4); x, 0, (-1, 6); A, -1, (2, 2)
             | x, 0, (5, 2); x, 1, (3, 4); x, 0, (); x, 0, 3
ravel        A; A.transpose(0, 1); s
expand       b, 2, 3; b, (2, -1); V, 2, 4, 3, 2; s, 2, 2; V[:, :, 1:], 5, -1, 4, -1, 3; b, 0, 3
             | a, 3; a, 4, 3; a, -1, 2, 3; a, 'x'
expand_as    b, a                                                  | b, c; b, 3
broadcast_to b, (2, 3); s, (2,)                                    | a, (3,); b, (2, 4)
broadcast_tensors a, b; a, s; V, v                                 | a, c; a, 3
broadcast_shapes (2, 1), (3,); (5,), (); 3, (2, 1)                 | (2,), (3,); (-1,), (2,)
cat          (a, a); [a, u], 1; (A, y), dim=-1; (a, n); (a, lib.zeros(0)); (a, u), axis=1
             (lib.zeros(0), a), 1; (n, t); (M.T, M.T)
             | (); (a, c); (a, A); a; (s, s); (v, s); (a, 3); (a, a), 2; (a, a), 'x'
stack        (a, u); [a, u], 1; (v, w), dim=-1; (a, n); (s, r); (M.T, M.T), 1
             | (); (a, c); (a, u), 3; (a, 3); a
hstack       (a, c); (v, w); (s, r)                                | (a, M)
vstack       (a, u); (v, w); (s, r); (a, b)                        | (a, c)
chunk        A, 2; W, 3, 1; W, 7, dim=-1; e, 3                     | A, 0; s, 2; A, 2.
split        W, 2, 1; W, [1, 4], dim=1; A, 1; W, (0, 5), 1
             | W, [1, 3], 1; W, -1; s, 1; W, 0; W, [-1, 6], 1; W, 1.5
unbind       A; A, 1; A, dim=-1                                    | s; A, 3
narrow       A, 1, 0, 2; W, -1, 2, 3; W, 1, -2, 2; W, 1, lib.tensor(1), 2; W, 1, 5, 0
             | W, 1, 3, 3; W, 1, 0, -1; W, 1, 6, 0; s, 0, 0, 0; W, 1, lib.tensor([1]), 2
select       A, 0, 1; A, -1, -2                                    | A, 0, 2; s, 0, 0; A, 0, 1.
flip         A, (0, 2); A, [-1]; A, (1,); s, ()                    | A, 3; A, (0, 0)
roll         A, 1; A, 1, 0; A, (1, 2), (0, 2); A, -5; A, (1, 1), (0, 0); s, 1; e, 1, 0
             | A, (1, 2), 0; A, (); A, 1, 3; s, 1, 0
repeat       a, 2, 2; a, (2, 1, 2); v, 2; a, 0, 1; s, 2            | a, 2; a, -1, 2
tile         a, (2,); a, (2, 1, 2); v, (2, 2); s, (2,)
repeat_interleave a, 2; a, 2, 1; a, k[0], dim=1; v, k[0]; k[0]; s, 2; a, k[0, :1], 0
             v, k[0].int(); a, 0, 1; v, k[0], output_size=int(k[0].sum())
             | a, -1; a, k[0]; v, -k[0]; v, k; v, w; a, 2, 2; v, 2, output_size=5; s, 2, 0
unfold       x, 0, 4, 2; A, -1, 2, 1; s, 0, 1, 1; A.mT, 1, 2, 2; x, 0, 0, 5
             | x, 0, 13, 1; x, 0, 2, 0; x, 0, -1, 1; s, 0, 2, 1
diagonal     M; M, 1; A, 0, 1, 2; A, -1, dim1=0, dim2=2; M, 9      | v; M, 0, 0, 0
diag         v; v, 1; M; M, -1; v, -2                              | A; s
diag_embed   a; a, 1; a, -1, 0, 2; v, 0, -1, -2                    | a, 0, 0, 0; s
tril         M; M, 1; A, -1; M, -9                                 | v; M, 1.5
triu         M; M, 1; A, -1; M, 9                                  | v
tril_indices 3, 4; 3, 3, -1; 0, 3; 2, 2, dtype=lib.int32           | -1, 2; 2, -1; 2., 2
triu_indices 3, 4; 3, 3, 1; 3, 3, -9                               | -1, 2
meshgrid     v, lib.tensor([1., 2.]), indexing='ij'; v, w, indexing='xy'; [v, w], indexing='ij'
             v, indexing='xy'; v, s, indexing='ij'
             | v, w, indexing='no'; v, i, indexing='ij'; v, 3, indexing='ij'; indexing='ij'
contiguous   a; A.transpose(0, 1)
clone        a; A.transpose(0, 1); n
sum_to_size  a, 3; a, (1, 3); A, 3, 1; a, 2, 3; a, ()              | a, 2; a, 1, 2, 3
detach       a; n

.reshape     A, 2, -1; A, 6, 4
.permute     A, -1, 0, 1
.flip        A, 0, 2
.repeat      a, 2, 1, 2
"""
