"""torch.nn.functional."""

from ops_table import between, bools, ints, real

INPUTS = {
    "x1": real(2, 4, 7), "x2": real(2, 4, 5, 6), "w1": real(6, 4, 3), "w2": real(6, 4, 3, 3),
    "g2": real(6, 2, 3, 3), "t1": real(4, 3, 3), "t2": real(4, 3, 3, 3), "b6": real(6),
    "b4": real(4), "s4": between(0.5, 2, 4), "d": ints(0, 4, 2, 3), "E": real(5, 4),
    "y2": ints(0, 2, 2), "ya": ints(0, 3, 2, 3), "Ab": real(2, 4, 3), "Y": real(2, 3),
    "P": between(0.05, 0.95, 2, 3), "T": between(0.05, 0.95, 2, 3), "pm": ints(0, 1, 2),
    "Q": real(2, 2, 3, 4), "K": real(2, 2, 5, 4), "V": real(2, 2, 5, 4), "mask": bools(3, 5),
    "mq": real(3, 2, 4), "ip": between(-1, 1, 12, 4), "ib": real(12), "op": between(-1, 1, 4, 4),
    "n1": real(2, 4, 6), "px": real(1, 4, 2, 2), "bx": real(2, 3, 4), "c4": real(3, 4),
}  # fmt: skip

OPS = """
linear       A, M; A, M, v; v, S; M, M, v                          | A, S
conv1d       x1, w1; x1, w1, b6, 2, 1; x1, w1, padding=1, dilation=2; x1, w1, padding='same'
             x1[0], w1
             | x2, w1; A, w1; x1, w1, v
conv2d       x2, w2; x2, w2, b6, 2, 1; x2, w2, None, (2, 1), (1, 0), (1, 2); x2, g2, groups=2
             x2, w2, padding='same'; x2[0], w2
             | x1, w2; x2, g2; x2, w2, stride=0
conv_transpose1d x1, t1; x1, t1, v, 2, 1, 1; x1, t1, dilation=2    | x1, w1
conv_transpose2d x2, t2; x2, t2, v, 2, 1, 1; x2, t2, padding=(1, 0) | x2, w2
unfold       x2, 2; x2, (2, 3), 1, 1, 2; x2, 3, stride=2           | x2, 9
max_pool1d   x1, 2; x1, 3, 2, 1; x1, 2, ceil_mode=True; x1, 2, dilation=2 | x1, 2, padding=2
max_pool2d   x2, 2; x2, (2, 3), 1, 1; x2, 3, 2, ceil_mode=True; x2, 2, return_indices=True
             | x2, 2, padding=2
avg_pool1d   x1, 2; x1, 3, 2, 1; x1, 2, ceil_mode=True, count_include_pad=False | x1, 2, padding=2
avg_pool2d   x2, 2; x2, (2, 3), 1, 1; x2, 3, 2, 1, True, False; x2, 2, divisor_override=3
             | x2, 2, padding=2
adaptive_avg_pool1d x1, 3; x1, 7; x1, 1
adaptive_avg_pool2d x2, 3; x2, (2, None); x2, (1, 1)               | x1, (1, 1, 1)
batch_norm   x2, None, None, s4, b4, True; x2, b4, s4; x2, b4, s4, s4, b4
             x1, b4.clone(), s4.clone(), training=True
             | x2, v, v; v.view(1, 3), None, None, training=True
layer_norm   A, (4,); A, (3, 4); A, (4,), s4, b4, 1e-3             | A, (3,); A, (4,), v
group_norm   x1, 2; x1, 2, s4, b4; x2, 4                           | x1, 3; v, 1
instance_norm x1; x2; x2, None, None, s4, b4                       | x2[:, :, :1, :1]
rms_norm     A, (4,); A, (3, 4); A, (4,), s4, 1e-3                 | A, (3,)
normalize    a; a, p=1; A, dim=2; a, dim=0, eps=1.0
embedding    d, E; d, E, padding_idx=1; d, E, scale_grad_by_freq=True | a, E; d, v; d, E, 9
!dropout     a; A, 0.2; a, 0.5, False; a, 0.0; a, 1.0              | a, 2.0
!dropout1d   x1; x1, 0.2; x1, 0.5, False                           | x1, -1.0
!dropout2d   x2; x2, 0.2; x2, 0.5, False                           | x2, -1.0
relu         a; n                                                  | t
relu6        a; a * 4; n                                           | t
leaky_relu   a; a, 0.3; a, 2.5                                     | n; a, 'x'
elu          a; a, 0.5                                             | n; a, 'x'
selu         a
gelu         a; a, approximate='tanh'                              | a, approximate='no'
silu         a
mish         a
hardtanh     a; a, -2, 0.5; n, -2.5, 2.5                           | a, 1, -1; t
hardsigmoid  a; a * 2
hardswish    a; a * 2
softplus     a; a, 2, 1                                            | n; a, 'x'
softsign     a
logsigmoid   a
prelu        a, v; a, s; x2, b4                                    | a, b4; a, M
glu          x1, 1; M                                              | a
softmin      a, 1; A, 0, dtype=lib.float64                         | a, 2
softmax      a, 1; A, -1                                           | a, 2
log_softmax  a, 1; A, -1                                           | a, 2
!gumbel_softmax a; a, 0.5; a, hard=True; A, dim=1                  | n
one_hot      d; d, 6; y2                                           | d, 3; a; -k
pad          a, (1, 2); a, (-1, 1), value=3; x1, (2, 1), 'reflect'; x2, (1, 2, 0, 1), 'replicate'
             x1, (1, 2), mode='circular'
             | a, (1, 2, 3); x1, (8, 1), 'reflect'; a, (1, 1), 'no'
pixel_shuffle px, 2                                                | px, 3; v, 2
pixel_unshuffle x2[:, :, :4], 2                                    | x2, 3
cross_entropy a, y2; Ab.mT[0], ya[0]; Ab, ya; a, y2, v.abs(); a, y2, reduction='sum'
             a, y2, ignore_index=1; a, y2, label_smoothing=0.1; a, T
             a, T, label_smoothing=0.1, reduction='none'; a, y2, reduction='none'; v, y2[0]
             a, y2, v.abs(), label_smoothing=0.2
             Ab, ya, label_smoothing=0.1, ignore_index=1
             | a, ya[0]; a, y2 + 3; a, c; a, y2, reduction='no'; a, y2, s4; a, y2.int(); n, y2
             a, T, ignore_index=1; a, y2, label_smoothing=1.5
nll_loss     a, y2; Ab, ya; a, y2, v.abs(); a, y2, reduction='sum'; a, y2, ignore_index=1
             a, y2, reduction='none'
             | a, ya[0]; a, y2 + 3; a, y2, s4; a, y2.float(); Ab, y2; Ab, ya, v; s, y2[0]; v, y2
mse_loss     a, Y; a, Y, reduction='sum'; a, Y, reduction='none'; a, Y, weight=p
             | a, Y, reduction='no'; a, Y, weight=v; n, m
l1_loss      a, Y; a, Y, reduction='sum'; a, Y, reduction='none'; a, Y, weight=p
             | a, Y, reduction='no'
smooth_l1_loss a, Y; a, Y, beta=2.0; a, Y, reduction='none'; a, Y, beta=0.0 | a, Y, beta=-1.0
huber_loss   a, Y; a, Y, delta=0.5; a, Y, reduction='none'; a, Y, weight=p | a, Y, delta=0.0
binary_cross_entropy P, T; P, T, s4[0]; P, T, reduction='none'; P, T, reduction='sum'
             | a, T; P, v; P, Y; P, T.double(); P, T, c; n, m
binary_cross_entropy_with_logits a, T; a, T, pos_weight=v.abs(); a, T, v.abs(), reduction='none'
             a, T, reduction='sum'
             | a, v; a, n; n, n; a, T, c; a, T, pos_weight=c
kl_div       P.log(), T, reduction='sum'; P.log(), T, reduction='batchmean'
             P.log(), T.log(), log_target=True, reduction='sum'; a, T, reduction='none'
             | a, n, reduction='sum'
cosine_similarity a, Y; a, Y, 0; A, bx, dim=-1, eps=1.0            | a, c; n, m
pairwise_distance a, Y; a, Y, 1; a, Y, 3.0, keepdim=True           | a, c
cosine_embedding_loss a, Y, 2 * pm - 1; a, Y, 2 * pm - 1, 0.3, reduction='none'
             | a, Y, d; a, Y, s; v, w, pm
triplet_margin_loss a, Y, P; a, Y, P, 2.0, 1, swap=True, reduction='none' | a, Y, P, -1.0; a, Y, v
scaled_dot_product_attention Q, K, V; Q, K, V, mask; Q, K, V, is_causal=True; Q, K, V, scale=0.3
             Q, K, V, K[0, 0, :3, :1]; Q, K[:, :1], V[:, :1], enable_gqa=True
             | Q, V.mT, V; Q, K, V, s4
multi_head_attention_forward mq, mq, mq, 4, 2, ip, ib, None, None, False, 0.0, op, b4, training=False
             mq, mq, mq, 4, 2, ip, ib, None, None, True, 0.0, op, b4, training=False, average_attn_weights=False
             | mq, mq, mq, 5, 2, ip, ib, None, None, False, 0.0, op, b4
interpolate  x2, scale_factor=2; x2, (7, 8); x2, (7, 8), mode='bilinear'
             x2, scale_factor=(1.5, 2), mode='bilinear', align_corners=True
             x2, (4, 9), mode='bicubic'; x1, 5, mode='linear'; x2, (2, 3), mode='area'
             x1, 9, mode='nearest-exact'
             | x2; x2, 3, 2; x2, 3, mode='no'; x1, 3, mode='bilinear'
"""  # noqa: E501
