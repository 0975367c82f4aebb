"""Operations on each element by itself."""

OPS = """
abs          a; n                                                  | 2
acos         u
asin         u
atan         a
atan2        a, b; p, u                                            | a, c; a, 2
ceil         a; n
cos          a
cosh         a
erf          a
erfc         a
exp          a                                                     | 2
exp2         a
expm1        a
floor        a; n
frac         a
log          p
log10        p
log1p        p
log2         p
neg          a; n                                                  | t
positive     a; n                                                  | t
reciprocal   p
round        a; a, decimals=1; n
rsqrt        p
sigmoid      a
sign         a; n; t
sin          a
sinh         a
sqrt         p
square       a; n
tan          u
tanh         a
trunc        a; n
nan_to_num   a; lib.tensor([nan, inf, -inf, 1]); lib.tensor([nan, inf, -inf]), 1.0, 2.0, 3.0
isfinite     a; n; lib.tensor([nan, inf, -inf, 1])
isinf        a; n; lib.tensor([nan, inf, -inf, 1])
isnan        a; n; lib.tensor([nan, inf, -inf, 1])

add          a, b; a, 2; a, n; n, m; n, 2.5; n, k, alpha=3; a, u, alpha=0.5; t, o | a, c; a, 'x'
sub          a, b; a, 2; n, m; a, u, alpha=0.5                     | a, c; t, o; t, 1
rsub         a, b; a, 2; n, m; a, u, alpha=0.5                     | a, c; t, 1
mul          a, b; a, 2; a, n; n, m; n, 0.5; t, o                  | a, c
div          a, p; a, 2; n, k; a, p, rounding_mode='floor'; n, k, rounding_mode='trunc'
             n, 2, rounding_mode='floor'
             | a, c; a, b, rounding_mode='up'
true_divide  a, p; n, k; a, 2
floor_divide a, p; n, k; a, 2; n, 2                                | a, c; n, 0; t, t
remainder    a, p; n, k; a, 2; n, 3; 2.0, p                        | a, c; n, 0; 2, 3
fmod         a, p; n, k; a, 2; n, 3                                | a, c; 2, a; t, t
pow          p, 2; p, u; a, 3; a, 2; n, 2; 2, a; p, 0.5; p, -1; a, 0 | a, c; n, -1; 2, 3
maximum      a, b; n, m; t, o                                      | a, c; a, 1
minimum      a, b; n, m; t, o                                      | a, c; a, 1
fmax         a, b; n, m; lib.tensor([nan, 1, nan]), lib.tensor([1, nan, nan]) | a, c
fmin         a, b; n, m; lib.tensor([nan, 1, nan]), lib.tensor([1, nan, nan]) | a, c
logaddexp    a, b                                                  | a, c; a, 1
lerp         a, b, 0.3; a, b, 0.7; a, b, q                         | a, c, 0.5; a, 1, 0.5
addcmul      a, b, u; a, b, u, value=0.5                           | a, b, c
addcdiv      a, b, p; a, b, p, value=0.5                           | a, c, p; n, n, k
clamp        a, -1, 1; a, min=0.5; a, max=b; a, u, p; n, 0; n, 0.5             | a; a, c; a, 'x'
clamp_min    a, 0.5; a, b; n, 1                                    | a, c
clamp_max    a, 0.5; a, b; n, 1                                    | a, c

where        t, a, b; t, a, 0.5; t, n, 2; t, 1, 0; t, a, n         | a, a, b; t, a, c
.where       a, t, b; a, t, 0.5                                    | a, a, b
eq           a, b; n, m; n, 2; a, 0.5; t, o                        | a, c; 2, a; a, 'x'
ne           a, b; n, m; n, 2; t, o                                | a, c
lt           a, b; n, m; n, 2; t, o                                | a, c
le           a, b; n, m; n, 2; t, o                                | a, c
gt           a, b; n, m; n, 2; t, o                                | a, c
ge           a, b; n, m; n, 2; t, o                                | a, c
isclose      a, a; a, b; a, a + 1e-7; n, m; lib.tensor([nan]), lib.tensor([nan]), equal_nan=True
             | a, a, rtol=-1.0; a, n
allclose     a, a; a, b; a, a + 1e-7, 0, 0                         | a, c
equal        a, a; a, u; a, c; n, n
isin         n, k; n, 2; 2, n; a, a; n, k, invert=True
logical_and  a, b; n, m; t, o                                      | a, c; a, 1
logical_or   a, b; n, m; t, o                                      | a, c; a, 1
logical_xor  a, b; n, m; t, o                                      | a, c; a, 1
logical_not  a; n; t
bitwise_and  n, m; n, 3; t, o                                      | a, b; n, c
bitwise_or   n, m; n, 3; t, o                                      | a, b
bitwise_xor  n, m; n, 3; t, o                                      | a, b
bitwise_not  n; t                                                  | a

__add__      a, b; a, 2; n, 2.5
__radd__     a, 2; n, 2.5
__iadd__     a.clone(), b; n.clone(), 2                            | n.clone(), 2.5
__sub__      a, b; a, 2                                            | t, o
__rsub__     a, 2; n, 2.5
__isub__     a.clone(), b
__mul__      a, b; a, 2
__rmul__     a, 2; n, 2.5
__imul__     a.clone(), b; n.clone(), 2                            | n.clone(), 2.5
__truediv__  a, p; a, 2; n, k
__rtruediv__ p, 2; k, 3
__itruediv__ a.clone(), p                                          | k.clone(), 2
__floordiv__ a, p; n, k; n, 2
__rfloordiv__ p, 2; k, 7
__mod__      a, p; n, k; n, 3
__rmod__     p, 2; k, 7
__pow__      a, 2; p, u; n, 2
__rpow__     a, 2; k, 2
__ipow__     a.clone(), 2
__neg__      a; n                                                  | t
__pos__      a; n
__abs__      a; n
__invert__   n; t                                                  | a
__and__      n, m; t, o; n, 3
__rand__     n, 3
__iand__     n.clone(), m
__or__       n, m; t, o; n, 3
__ror__      n, 3
__ior__      n.clone(), m
__xor__      n, m; t, o; n, 3
__rxor__     n, 3
__ixor__     n.clone(), m
__eq__       a, b; a, 2
__ne__       a, b; a, 2
__lt__       a, b; a, 2
__le__       a, b; a, 2
__gt__       a, b; a, 2
__ge__       a, b; a, 2
"""
