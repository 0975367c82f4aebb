"""Views, joining, splitting, moving."""

from ops_table import real

INPUTS = {"V": real(2, 1, 3, 1), "W": real(2, 5), "x": real(12), "y": real(2, 3, 4)}

OPS = """
reshape      A, (6, 4); A, (2, -1); A, (-1,); A.transpose(0, 2), (6, 4); s, (1, 1)
             | A, (5, 5); A, (-1, -1); A, (-1, 5)
view         A, 6, 4; A, (2, -1); A, -1
             | A, 5, 5; A.transpose(0, 2), 24
view_as      x, x.view(2, 6)                                       | x, a
reshape_as   x, x.view(2, 6)                                       | x, a
permute      A, (2, 0, 1); A, (-1, 0, 1)
             | A, (0, 1); A, (0, 0, 1); A, (0, 1, 3)
transpose    A, 0, 1; A, -1, 0; s, 0, -1                           | A, 0, 3
swapaxes     A, 0, 1; A, -1, 0                                     | A, 0, 3
t            M; v; s                                               | A
T            M
mT           M; A                                                  | v
movedim      A, 0, 2; A, (0, 1), (2, 0); A, -1, 0                  | A, (0, 1), 0; A, 0, 3
squeeze      V; V, 1; V, -1; V, (1, 3); V, 0; s                    | V, 4
unsqueeze    a, 0; a, 1; a, -1; s, 0                               | a, 3
flatten      A; A, 1; A, 0, 1; s; A, -2                            | A, 2, 1; A, 3
unflatten    x, 0, (3, 4); x, 0, (-1, 6); A, -1, (2, 2)            | x, 0, (5, 2); x, 1, (3, 4)
ravel        A; A.transpose(0, 1); s
expand       b, 2, 3; b, (2, -1); V, 2, 4, 3, 2; s, 2, 2           | a, 3; a, 4, 3
expand_as    b, a                                                  | b, c
broadcast_to b, (2, 3); s, (2,)                                    | a, (3,); b, (2, 4)
broadcast_tensors a, b; a, s; V, v                                 | a, c
broadcast_shapes (2, 1), (3,); (5,), ()                            | (2,), (3,)
cat          (a, a); [a, u], 1; (A, y), dim=-1; (a, n); (a, lib.zeros(0))
             | (); (a, c); (a, A); a; (s, s)
stack        (a, u); [a, u], 1; (v, w), dim=-1; (a, n)             | (); (a, c); (a, u), 3
hstack       (a, c); (v, w); (s, r)                                | (a, M)
vstack       (a, u); (v, w); (s, r); (a, b)                        | (a, c)
chunk        A, 2; W, 3, 1; W, 7, dim=-1                           | A, 0; s, 2
split        W, 2, 1; W, [1, 4], dim=1; A, 1                       | W, [1, 3], 1; W, -1; s, 1
unbind       A; A, 1; A, dim=-1                                    | s; A, 3
narrow       A, 1, 0, 2; W, -1, 2, 3                               | W, 1, 3, 3; W, 1, 0, -1
select       A, 0, 1; A, -1, -2                                    | A, 0, 2; s, 0, 0
flip         A, (0, 2); A, [-1]; A, (1,)                           | A, 3; A, (0, 0)
roll         A, 1; A, 1, 0; A, (1, 2), (0, 2); A, -5               | A, (1, 2), 0
repeat       a, 2, 2; a, (2, 1, 2); v, 2                           | a, 2
tile         a, (2,); a, (2, 1, 2); v, (2, 2)
repeat_interleave a, 2; a, 2, 1; a, k[0], dim=1; v, k[0]; k[0]     | a, -1; a, k[0]
unfold       x, 0, 4, 2; A, -1, 2, 1                               | x, 0, 13, 1; x, 0, 2, 0
diagonal     M; M, 1; A, 0, 1, 2; A, -1, dim1=0, dim2=2            | v; M, 0, 0, 0
diag         v; v, 1; M; M, -1                                     | A
diag_embed   a; a, 1; a, -1, 0, 2                                  | a, 0, 0, 0
tril         M; M, 1; A, -1                                        | v
triu         M; M, 1; A, -1                                        | v
tril_indices 3, 4; 3, 3, -1                                        | -1, 2
triu_indices 3, 4; 3, 3, 1                                         | -1, 2
meshgrid     v, lib.tensor([1., 2.]), indexing='ij'; v, w, indexing='xy'; [v, w], indexing='ij'
             | v, w, indexing='no'
contiguous   a; A.transpose(0, 1)
clone        a; A.transpose(0, 1); n
sum_to_size  a, 3; a, (1, 3); A, 3, 1; a, 2, 3                     | a, 2
detach       a; n

.reshape     A, 2, -1; A, 6, 4
.permute     A, -1, 0, 1
.flip        A, 0, 2
.repeat      a, 2, 1, 2
"""
