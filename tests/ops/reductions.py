"""Sums, extremes, orders, scans."""

from ops_table import ints, real

INPUTS = {
    "R": real(4, 3),
    "l": real(7),
    "y": ints(0, 3, 2, 4),  # with repetitions
}

OPS = """
sum          A; A, 1; A, (0, -1), keepdim=True; A, dtype=lib.float64; n; t; n, 1; s; A, ()
             | A, 3; A, (0, 0)
nansum       A; A, 1; lib.tensor([nan, 1., 2.]); n
mean         A; A, 1; A, (0, -1), keepdim=True; n, dtype=lib.float32 | n; A, 3
var          A; A, 1; A, (0, 2), correction=0; A, 1, keepdim=True; A, unbiased=False
             s, correction=0                                       | n; A, 3
std          A; A, 1; A, (0, 2), correction=0; A, 1, keepdim=True; A, unbiased=False | n; A, 3
var_mean     A; A, 1; A, (0, 2), correction=0, keepdim=True        | n
std_mean     A; A, 1; A, (0, 2), correction=0, keepdim=True        | n
prod         A; A, 1; A, 2, keepdim=True; n; t; a, dtype=lib.float64 | A, 3
all          t; t, 1; A; n, 0; A, (0, 1); t, 1, keepdim=True       | A, 3
any          t; t, 1; A; n, 0; A, (0, 1); t, 1, keepdim=True       | A, 3
amax         A; A, 1; A, (0, 2), keepdim=True; n, 1                | A, 3; A, (0, 0)
amin         A; A, 1; A, (0, 2), keepdim=True; n, 1                | A, 3; A, (0, 0)
max          A; A, 1; A, -1, keepdim=True; n; n, 1; a, b; t        | A, 3; a, c; e
min          A; A, 1; A, -1, keepdim=True; n; n, 1; a, b; t        | A, 3; a, c; e
argmax       A; A, 1; A, -1, keepdim=True; n                       | A, 3; e; A, (0, 1)
argmin       A; A, 1; A, -1, keepdim=True; n                       | A, 3; e
=median      l; A; A, 1; A, -1, keepdim=True; n                    | A, 3
norm         A; A, 1; A, 2, 1; A, 3, (0, 2); A, inf, 1; A, dim=1, keepdim=True; R, 'fro'
             A, 0.5, 1
             | n
logsumexp    A, 1; A, (0, 2); A, 1, keepdim=True                   | A, 3
softmax      A, 1; A, -1; a, 0, dtype=lib.float64; s, 0
             | A, 3; n, 0; A, None; A, (0, 1)
log_softmax  A, 1; A, -1; a, 0, dtype=lib.float64; s, 0
             | A, 3; n, 0; A, None; A, 1.5
cumsum       A, 1; A, -1; n, 0; t, 0; s, 0; A, 1, dtype=lib.float64
             | A, 3; A, None
cumprod      A, 1; A, -1; n, 0; s, 0; A, 1, dtype=lib.float64      | A, 3; A, (0, 1)
count_nonzero A; n; n, 1; t, 0; n, (0, 1)                          | A, 3
unique       y; y, return_inverse=True; y, return_counts=True; y, dim=1
             y, return_inverse=True, return_counts=True, dim=0; l.detach()
bincount     y.flatten(); y.flatten(), minlength=6; i, v[i].detach()        | y; l
=topk        l, 3; A, 2; A, 2, 1; l, 3, largest=False; n, 2        | l, 9; A, 2, 3; A, None
=sort        l; A, 1; A, descending=True; n, 1; l, stable=True, descending=True; y, stable=True
             | A, 3
=argsort     l; A, 1; A, descending=True; n, 1; y, stable=True     | A, 3
diff         l; A, 1; A, 2; A, n=1, dim=1; l, prepend=v, append=w; n; t | s; l, -1
trace        S; R; n                                               | A; l
"""
