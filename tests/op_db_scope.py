"""What of torch's sample database `op_db` is in minitorch's scope, and how an entry is called here.

Data only, for `op_db.py`. An entry is in scope if its name stands in SECTIONS; every variant of it
is then walked, with every sample. WITHOUT_ENTRY are names in scope for which torch has no samples:
the op table (`ops_table.py`) is their only test.
"""

SECTIONS = {
    "elementwise": """abs acos asin atan atan2 ceil cos cosh erf erfc exp exp2 expm1 floor frac log
        log10 log1p log2 neg positive reciprocal round rsqrt sigmoid sign sin sinh sqrt square tan
        tanh trunc nan_to_num isfinite isinf isnan add sub rsub mul div true_divide floor_divide
        remainder fmod pow maximum minimum fmax fmin logaddexp lerp addcmul addcdiv where clamp
        clamp_min clamp_max eq ne lt le gt ge isclose allclose equal isin logical_and logical_or
        logical_xor logical_not bitwise_and bitwise_or bitwise_xor bitwise_not __radd__ __rdiv__
        __rmul__ __rand__ __ror__ __rxor__ __rmod__ __rpow__ __rsub__""",
    "reductions": """sum nansum mean var std var_mean std_mean prod all any amax amin max min argmax
        argmin median norm logsumexp softmax log_softmax cumsum cumprod count_nonzero unique
        bincount topk sort argsort diff trace""",
    "shapes": """reshape view view_as reshape_as permute transpose t T mT movedim squeeze unsqueeze
        flatten unflatten ravel expand expand_as broadcast_to broadcast_tensors broadcast_shapes cat
        stack hstack vstack chunk split unbind narrow select flip roll repeat tile
        repeat_interleave unfold diagonal diag diag_embed tril triu tril_indices triu_indices
        meshgrid contiguous clone sum_to_size""",
    "indexing": """__getitem__ index_select index_add index_put gather scatter scatter_add
        take_along_dim masked_fill masked_select nonzero argwhere""",
    "products": """matmul mm bmm mv dot vdot inner outer addmm addmv baddbmm einsum tensordot cdist
        __rmatmul__ linalg.norm linalg.vector_norm linalg.matrix_norm linalg.inv linalg.solve
        linalg.qr""",
    "creation": """arange linspace zeros ones full eye empty zeros_like ones_like full_like
        empty_like rand_like randn_like randint randint_like randn normal uniform bernoulli
        multinomial new_zeros new_ones new_full new_empty zero_ item to bool byte char double float
        half int long short""",
    "functional": """linear conv1d conv2d conv_transpose1d conv_transpose2d unfold max_pool1d
        max_pool2d avg_pool1d avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d batch_norm
        layer_norm group_norm instance_norm rms_norm normalize embedding dropout dropout2d relu
        relu6 leaky_relu elu selu gelu silu mish hardtanh hardsigmoid hardswish softplus softsign
        logsigmoid prelu glu softmin one_hot pad pixel_shuffle pixel_unshuffle cross_entropy
        nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
        binary_cross_entropy_with_logits kl_div cosine_similarity pairwise_distance
        cosine_embedding_loss triplet_margin_loss scaled_dot_product_attention
        multi_head_attention_forward interpolate""",
}
WITHOUT_ENTRY = "swapaxes nn.functional.gumbel_softmax randperm"

# Entries that minitorch does not agree with, each with its reason, which stands in
# docs/differences.md too: at most ten.
DIFFERENT = {}

# Variants of entries in scope that concern a dtype or a kernel that is out of scope.
OUT_OF_SCOPE = {
    "bmm.triton_optimized": "a kernel for GPUs",
    "nn.functional.silu.complex": "complex numbers",
}

# Where an entry is not called by its own name: the attribute of minitorch that is.
PATHS = {name: f"Tensor.{name}" for name in """
    view view_as reshape_as expand expand_as repeat unfold contiguous sum_to_size __getitem__
    new_zeros new_ones new_full new_empty item to bool byte char double float half int long short
    __radd__ __rmul__ __rand__ __ror__ __rxor__ __rmod__ __rpow__ __rsub__ __rmatmul__
    """.split()}  # fmt: skip
PATHS |= {"uniform": "Tensor.uniform_", "normal.in_place": "Tensor.normal_",
          "zero_": "Tensor.zero_"}  # fmt: skip

# Where the arguments stand in another order than torch's own wrapper of the entry takes them:
# function f is what PATHS or the name leads to.
CALLS = {
    "where": lambda f: lambda input, condition, other, **k: f(condition, input, other, **k),
    "einsum": lambda f: lambda tensors, equation: f(equation, tensors),
    "nn.functional.embedding": lambda f: lambda weight, index, **k: f(index, weight, **k),
    "normal.number_mean": lambda f: lambda std, mean, *a, **k: f(mean, std, *a, **k),
    "zero_": lambda f: lambda x: f(x.clone()),
    "T": lambda f: f.__get__,
    "mT": lambda f: f.__get__,
    "__rdiv__": lambda f: f,
}
PATHS |= {"T": "Tensor.T", "mT": "Tensor.mT", "__rdiv__": "Tensor.__rtruediv__"}

# Drawn from the generator: torch seeds it with 42 before each call.
RANDOM = set("""rand_like randn_like randint randint_like randn normal uniform bernoulli multinomial
    nn.functional.dropout nn.functional.dropout2d nn.functional.scaled_dot_product_attention
    nn.functional.multi_head_attention_forward""".split())  # fmt: skip

# Whatever is in memory: only shape and dtype can be compared.
UNDEFINED = set("empty empty_like new_empty".split())

# The order of equal numbers is open, unless `stable=True` is asked for: name -> place of `dim`
# among the arguments after the input.
UNSTABLE = {"sort": 0, "argsort": 0, "topk": 1}

# `out=` is held to torch's where it is common.
WITH_OUT = {"elementwise", "products"}
