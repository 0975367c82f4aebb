"""Products of matrices and what is built on them."""

from ops_table import real

INPUTS = {
    "C": real(2, 3, 2), "D": real(2, 5, 4), "x": real(3, 2), "y": real(5, 2), "z": real(2, 2),
    "h": real(4), "k3": real(2, 3, 3),
}  # fmt: skip

OPS = """
matmul       v, w; M, N; A, B; A, N; v, M; M, h; A, h; S, A        | M, M; v, M.mT; s, v; M, n
__matmul__   M, N; A, B
__rmatmul__  N, M
mm           M, N; n, m.t()                                        | M, M; v, M; M, n
bmm          A, B                                                  | A, A; M, N
mv           M, h                                                  | M, v; M, N
dot          v, w; n[0], m[0]                                      | v, h; M, N; v, n[0]
vdot         v, w                                                  | v, h
inner        v, w; M, h; S, M.mT; s, v                             | v, h
outer        v, h; n[0], m[1]                                      | M, v
addmm        x, M, N; x, M, N, beta=0.5, alpha=2; s, M, N          | x, M, M; c, M, N
addmv        v, M, h; v, M, h, beta=0.5, alpha=2                   | v, M, v
baddbmm      C, A, B; C, A, B, beta=0.5, alpha=2; s, A, B          | C, A, A
einsum       'ij,jk->ik', M, N; 'ij->ji', M; 'ii', S; 'bij,bjk->bik', A, B; 'i,j', v, h
             '...i,i->...', A, h; 'ij,ij->', a, u
             | 'ij,jk->ik', M, M; 'ij->ik', M
tensordot    A, B, dims=([2], [1]); M, N, 1; a, u, 2               | M, M, 1
cdist        x, y; x, y, p=1.0; x, y, p=3.0; A, D; x, y, p=inf     | v, x; x, M
linalg.norm  a; v; a, 1; v, 3; a, 'fro'; A, dim=1; A, dim=(0, 2); a, inf; v, 0 | a, 'no'
linalg.vector_norm A; A, 3; A, 2, 1; A, inf, (0, 1), keepdim=True; A, 0; A, -inf | n
linalg.matrix_norm A; A, 1; A, inf, (0, 1); A, 'fro', keepdim=True; A, -1 | v; A, 'no'
linalg.inv   S; k3                                                 | M; S - S
linalg.solve S, v; S, M; k3, A                                     | S, h; S - S, v
linalg.qr    S; M; M.mT; M.mT.detach(), mode='complete'; S.detach(), mode='r'
             | v; S, mode='no'
"""
