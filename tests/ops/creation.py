"""New tensors from nothing, drawn ones, and other types."""

OPS = """
arange       5; 1, 4; 1, 2.5, 0.5; 5, 0, -2; 3, dtype=lib.float64; 0 | 1, 0; 0, 3, 0; 'x'
linspace     0, 1, 5; 3, -3, 4; 0, 1, 1; 0, 10, 4, dtype=lib.int64 | 0, 1, -1; 0, 1, 2.5
zeros        2, 3; (2, 3); 2, dtype=lib.int64; 0; ()               | -1; 2.5
ones         2, 3; (2, 3); 2, dtype=lib.bool                       | -1
full         (2,), 7; (2, 2), 0.5; (2,), True; (2,), 7, dtype=lib.float64; (), 1
             | (-1,), 1; (2,), 'x'; 2, 1; (2,), 300, dtype=lib.int8
eye          3; 2, 4; 2, dtype=lib.int64                           | -1; 2, -1
~empty       2, 3; (0,), dtype=lib.int64                           | -1
zeros_like   a; n; a, dtype=lib.int64                              | 2
ones_like    a; n; a, dtype=lib.bool                               | 2
full_like    a, 2; n, 2.5; a, 2, dtype=lib.int64                   | 2, 2
~empty_like  a; n; a, dtype=lib.int64                              | 2
new_zeros    a, (2, 2); a, 2, 2; n, 3; a, 2, dtype=lib.int64       | a, -1
new_ones     a, (2, 2); n, 3
new_full     a, (2, 2), 7; n, (3,), 7
~new_empty   a, (2, 2); n, 3
new_tensor   a, [1, 2]; n, 1.5; a, [[True]], dtype=lib.bool         | a, 'x'; a, [[1], 2]

!rand_like   a; a, dtype=lib.float64                               | n
!randn_like  a; a, dtype=lib.float64                               | n
!randint     10, (2, 3); -5, 5, (4,); 10, (2,), dtype=lib.float32  | 5, 5, (2,)
!randint_like n, 10; a, 3, 7                                       | n, 5, 5
!randn       2, 3; (20,); 2, dtype=lib.float64                     | -1
!rand        2, 3; (20,); 2, dtype=lib.float64                     | -1
!randperm    7; 0                                                  | -1
!normal      a, p; 0.0, p; a, 2.0; 1.0, 2.0, (3,)                  | a, -1.0
!bernoulli   q; q, 0.3                                             | a
!bernoulli_  a, 0.3; n; a, q                                       | a, 2
!multinomial q, 2; q, 4, True                                      | q, 0; q, 4; A, 1
!exponential_ a; a, 2.0                                            | a, -1.0; n
!random_     n; n, 10; a, 2, 7; t                                  | n, 5, 5; n, 0
!uniform_    a; a, -1, 1                                           | a, 1, 0
!normal_     a; a, 1, 2                                            | a, 0, -1

zero_        a; n
fill_        a, 2; n, 2; a, s                                      | a, v
copy_        a, b; a, n; n, a; t, a                                | a, c
item         s; n[0, 0]; t[0, 0]; a[:1, :1]                        | a
tolist       a; n; s; t; e
numpy        n
to           a, lib.float64; n, lib.float32; a, 'cpu'; a, n; a, dtype=lib.int64
             a, lib.float32, copy=True
             | a, 'no'
type         a; n; a, lib.float64; a, 'torch.LongTensor'           | a, 'no'
type_as      a, n
bool         a; n
byte         k
char         n
double       a; n
float        n; a
half         a; n
int          a; n
long         a; n
short        a; n
cpu          a
"""
