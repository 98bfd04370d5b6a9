"""The tensors that exported models take and give; docs/signatures.md has them.

Every one has a leading batch dimension B. H, W, C are height, width and
colours, D is the size of an example or a vector, Z of a latent, K the number of
classes, N of numbers, T of words.
"""

import re
from typing import NamedTuple


class Tensor(NamedTuple):
    """What a name means, everywhere.

    Attributes:
      shape: as text.
      dtype: its name.
      meaning: with the unit.
    """

    shape: str
    dtype: str
    meaning: str


_IDS = Tensor(
    "[B, T]",
    "int32",
    "rows of vocabulary.txt: 1 is any other word, 0 is padding, at the end"
    " alone: in front it gives other numbers",
)
_TEXT = Tensor("[B]", "string", "text, UTF-8")
_TOKENS = Tensor("[B, T]", "string", 'words, padded with ""')
_ATTENTION = Tensor(
    "[B, T]", "float32", "weights of the words, which sum to 1; 0 for padding"
)

TENSORS = {
    "x": Tensor(
        "[B, H, W, C] or [B, D]",
        "float32",
        "examples: gray levels in [0, levels) as they come, or real numbers",
    ),
    "x_again": Tensor(
        "[B, H, W, C] or [B, D]", "float32", "the reconstruction of `x`"
    ),
    "y": Tensor(
        "[B, H, W, C]",
        "float32",
        "pictures of the other domain: gray levels in [0, levels)",
    ),
    "any_x": Tensor(
        "[B, H, W, C]",
        "float32",
        "pictures like `x`, of other heights and widths",
    ),
    "any_y": Tensor(
        "[B, H, W, C]",
        "float32",
        "pictures like `y`, of other heights and widths",
    ),
    "z": Tensor("[B, Z]", "float32", "a latent, in units of its prior"),
    "stddev": Tensor(
        "[B, Z]", "float32", "of the latent given `x`; then `z` is the mean"
    ),
    "z_1": Tensor(
        "[B, Z]",
        "float32",
        "one of several latents, `z_1`, `z_2`, …, in units of its prior",
    ),
    "stddev_1": Tensor(
        "[B, Z]",
        "float32",
        "of the latent of the same number given `x`; then that is the mean",
    ),
    "epsilon": Tensor(
        "[B, Z] or [B, K, Z]",
        "float32",
        "standard normal noise, or uniform in [0, 1) where latents are bits, of"
        " one draw of the latent, or of K draws; several latents are one after"
        " the other",
    ),
    "elbo": Tensor(
        "[B]", "float32", "a lower bound of log p(x) by these draws, in nats"
    ),
    "category": Tensor(
        "[B, K]",
        "float32",
        "probabilities of classes or clusters, or one of them, one-hot",
    ),
    "code_1": Tensor(
        "[B, N]",
        "float32",
        "one of several codes, `code_1`, `code_2`, …, in units of its prior; a"
        " model may name its codes as it likes",
    ),
    "label": Tensor("[B]", "int32", "the class, counted from 0"),
    "attributes": Tensor(
        "[B, K]", "float32", "1 for each that the image has, the others 0"
    ),
    "condition": Tensor(
        "[B, K]", "float32", "columns of a table, in their own units"
    ),
    "label_name": Tensor("[B]", "string", "the name of the class"),
    "seed": Tensor(
        "[B]", "int32", "the same seed and temperature give the same row"
    ),
    "temperature": Tensor(
        "[B]",
        "float32",
        "standard deviations of the noise; 1 is the model's, 0 has no noise",
    ),
    "noise": Tensor(
        "[B, H, W, C] or [B, D]",
        "float32",
        "added to `x`, in gray levels or steps of a column: uniform in [0, 1),"
        " or 0.5, the middle",
    ),
    "uniforms": Tensor(
        "[B, D]",
        "float32",
        "random numbers in [0, 1) that `x` is made of",
    ),
    "dropout": Tensor(
        "[B, N]",
        "float32",
        "random numbers in [0, 1): what dropout leaves out, and maps of noise",
    ),
    "mask": Tensor(
        "[B, H, W, C] or [B, D]", "float32", "1 where `x` is known, 0 elsewhere"
    ),
    "log_prob": Tensor("[B]", "float32", "log-density, in nats"),
    "energy": Tensor(
        "[B]", "float32", "low where data are, in the model's own unit"
    ),
    "probabilities": Tensor(
        "[B, K]", "float32", "of the labels, in their order; they sum to 1"
    ),
    "png_bytes": Tensor(
        "[B]",
        "string",
        "a PNG file: level 0 is black, levels - 1 white; base64 in REST",
    ),
    "premise": _TEXT,
    "hypothesis": _TEXT,
    "sentence": _TEXT,
    "premise_ids": _IDS,
    "hypothesis_ids": _IDS,
    "sentence_ids": _IDS,
    "premise_tokens": _TOKENS,
    "hypothesis_tokens": _TOKENS,
    "premise_attention": _ATTENTION,
    "hypothesis_attention": _ATTENTION,
    "vector": Tensor("[B, D]", "float32", "of the sentence"),
}


def named(name: str) -> Tensor | None:
    """Returns what a name means; of `z_2` and so on, what `z_1` says."""
    return TENSORS.get(re.sub(r"_\d+$", "_1", name))


def table() -> str:
    """Returns the tensors as a table in Markdown."""
    names: dict[Tensor, list[str]] = {}
    for name, tensor in TENSORS.items():
        names.setdefault(tensor, []).append(f"`{name}`")
    rows = [("tensor", "shape", "type", "meaning and unit"), ("---",) * 4]
    rows += [(", ".join(known), *tensor) for tensor, known in names.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
