"""A page about an exported model, for those who build it into something."""

from __future__ import annotations

import json
import pathlib
import string
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from export.calls import DEFAULT
from export.report import Report, format_table
from tfgen.measures import shown

if TYPE_CHECKING:
    from tfgen.model import Model

_TEMPLATES = pathlib.Path(__file__).with_name("templates")
_FEW = 8  # numbers that a line holds
_PRIORS = {
    "normal": "standard normal",
    "logistic": "standard logistic",
    "uniform": "uniform in (-1, 1)",
    "categorical": "a one-hot vector of equally probable classes",
    "bernoulli": "bits that are 1 with probability one half",
}
_KOTLIN = {"float32": "FloatArray", "int32": "IntArray", "int8": "ByteArray"}
_SWIFT = {"float32": "Float32", "int32": "Int32", "int8": "Int8"}


def _fill(template: str, **values: str) -> str:
    text = (_TEMPLATES / template).read_text()
    return string.Template(text).substitute(values)


def page(
    model: Model,
    facts: Mapping[str, Any],
    reports: Sequence[Report],
    description: Mapping[str, Any],
    calls: str,
) -> str:
    """Returns the page of a SavedModel or of TFLite files, as Markdown.

    Args:
      model: see `tfgen.model`.
      facts: what a run knows of it: `name`, `model` (its name in the registry),
        `paper`, `data`, and `figures`, name -> number; and what an export adds:
        `elsewhere`, which signatures devices lack.
      reports: of the artefacts.
      description: of the signatures.
      calls: of `call_server` or `call_on_device`; the page ends with them.
    """
    figures = facts.get("figures") or {}
    return _fill(
        "card.md",
        name=facts.get("name", model.name),
        paper=facts.get("paper", ""),
        data=facts.get("data", "Not known: exported without a run."),
        figures="\n".join(f"- {n}: {v}" for n, v in shown(figures).items())
        or "Not evaluated.",
        table=f"```\n{format_table(reports)}\n```",
        limits="".join(
            f"- {line}\n"
            for line in (*_limits(model, reports), *_elsewhere(facts))
        ),
        latents="".join(
            f"Latent `{name}`, {list(latent.shape)}: the prior is"
            f" {_PRIORS[latent.prior]}.\n"
            for name, latent in model.latents.items()
        ),
        signatures="\n".join(_signatures(description)),
        calls=calls,
    )


def _limits(model, reports):
    from tfgen.capabilities import DRAWS  # it imports TensorFlow

    spec = model.spec
    stepped = ", ".join(
        f"{column.name} ({column.step:g})"
        for column in spec.columns
        if column.step
    )
    if model.dequantized and stepped:
        yield (
            "Its density is one of columns with noise below their steps:"
            f" {stepped}. `log_prob` takes rows as the table has them and"
            f" averages over {DRAWS} draws of noise: over the test split, its"
            " mean is minus the `nats` above. Devices have"
            " `log_prob_with_noise`, where noise in [0, 1), in steps, is an"
            " input: 0.5 is the middle of a step, and another number."
        )
    elif model.dequantized:
        yield (
            "Its density is one of gray levels with noise. `log_prob` takes"
            f" whole levels and averages over {DRAWS} draws of noise: over the"
            " test split, its mean is minus the `nats` above. Devices have"
            " `log_prob_with_noise`, where noise in [0, 1) is an input: 0.5 is"
            " the middle of a level, and another number."
        )
    if stepped and model.can("sample"):
        down = "down" if model.dequantized else "to the nearest"
        yield (
            "`sample` gives columns of multiples on their steps; `decode`, the"
            f" inverse of `encode`, between them: round {down}."
        )
    if spec.levels:
        yield (
            f"Pictures are {' x '.join(map(str, spec.shape))}, gray levels in"
            f" [0, {spec.levels}); other sizes do not fit."
        )
    if spec.words:
        count = len(spec.words.split(" "))
        yield f"It knows {count:,} words; all others are one word to it."
    if spec.labels:
        names = ", ".join(spec.labels)
        yield f"Its labels, from 0 on: {textwrap.shorten(names, 400)}."
    for report in reports:
        if report.problem:
            yield f"There is no `{report.artefact}` file: {report.problem}."
        elif report.auroc:
            kinds = ", ".join(f"{k} {v:.3f}" for k, v in report.auroc.items())
            yield (
                f"`{report.artefact}` tells data from other rows by AUROC"
                f" {kinds}; its rank correlation with the SavedModel is"
                f" {report.ranks:.3f}."
            )


def _elsewhere(facts):
    if line := facts.get("elsewhere"):
        yield f"{line[0].upper()}{line[1:]}."


def _signatures(description):
    for name, ends in description["signatures"].items():
        yield f"`{name}`:\n"
        for side, tensors in ends.items():
            for tensor, d in tensors.items():
                shape = ", ".join("?" if n < 0 else str(n) for n in d["shape"])
                yield (
                    f"- {side[:-1]} `{tensor}`, {d['type']} [{shape}]:"
                    f" {d['meaning']}"
                )
        yield ""


def call_server(description: Mapping[str, Any], model: str) -> str:
    """Returns a call that fits a line: the default's, or that of least inputs.

    Args:
      description: of a SavedModel.
      model: the name that it is served under.
    """
    signatures = {
        name: {n: _example(tensor) for n, tensor in ends["inputs"].items()}
        for name, ends in description["signatures"].items()
        if "png_bytes" not in ends["inputs"]  # of which there is no example
    }

    def size(name):
        return sum(np.size(value) for value in signatures[name].values())

    name = DEFAULT if size(DEFAULT) <= _FEW else min(signatures, key=size)
    import tensorflow as tf

    arrays = signatures[name]
    inputs = {n: value.tolist() for n, value in arrays.items()}
    python = ",\n    ".join(f"{n}={_tensor(v)}" for n, v in arrays.items())
    if size(name) <= _FEW:
        request = json.dumps({"signature_name": name, "inputs": inputs})
        flags = [f"--input='{n}={json.dumps(v)}'" for n, v in inputs.items()]
        note = ""
    else:
        request = "@request.json"
        flags = [f"--input={n}=@{n}.npy" for n in inputs]
        parts = ", ".join(f'"{n}": …' for n in inputs)
        note = (
            f',\nwhere `request.json` holds `{{"signature_name": "{name}",'
            f' "inputs":\n{{{parts}}}}}`, and an `.npy` file an input'
        )
    return _fill(
        "call_server.md",
        model=model,
        signature=name,
        request=request,
        inputs=" ".join(flags),
        note=note,
        python_in=python,
        tensorflow=tf.__version__,
    )


def _tensor(value):
    """An array in Python; of many numbers, ones."""
    if value.size <= _FEW:
        return f"tf.constant({json.dumps(value.tolist())})"
    return f"tf.ones({list(value.shape)}, tf.{value.dtype})"


def _example(tensor):
    """A batch of one row, of one word where their number is free."""
    shape = [max(n, 1) for n in tensor["shape"]]
    if tensor["type"] == "string":
        return np.full(shape, "A man sleeps.")
    return np.ones(shape, tensor["type"])


def call_on_device(
    description: Mapping[str, Any], file: str, runtime: Sequence[int] = ()
) -> str:
    """Returns a call of the first signature, in Python, Kotlin and Swift.

    Args:
      description: of a TFLite file.
      file: its name.
      runtime: the first version of TFLite that reads it; () if unknown.
    """
    name, ends = next(iter(description["signatures"].items()))
    inputs, outputs = ends["inputs"], ends["outputs"]
    version = ".".join(map(str, runtime))
    needed = f"The files need TFLite's runtime {version} or a later one."
    return _fill(
        "call_device.md",
        file=file,
        stem=file.removesuffix(".tflite"),
        runtime=needed if runtime else "",
        signature=name,
        python_in=", ".join(
            f"{n}=np.zeros({_shape(d)}, np.{d['type']})"
            for n, d in inputs.items()
        ),
        kotlin_arrays="\n".join(
            f"val {_camel(n)} = {_kotlin(d)}"
            for n, d in (inputs | outputs).items()
        ),
        swift_arrays="\n".join(
            f"let {_camel(n)} = [{_SWIFT[d['type']]}](repeating: 0, count:"
            f" {_count(d)}).withUnsafeBytes {{ Data($0) }}"
            for n, d in inputs.items()
        ),
        kotlin_in=", ".join(f'"{n}" to {_camel(n)}' for n in inputs),
        kotlin_out=", ".join(f'"{n}" to {_camel(n)}' for n in outputs),
        swift_shapes="\n".join(
            f'try runner.resizeInput(named: "{n}", toShape: {_shape(d)})'
            for n, d in inputs.items()
        ),
        swift_in=", ".join(f'"{n}": {_camel(n)}' for n in inputs),
        swift_out="\n".join(
            f'let {_camel(n)} = try runner.output(named: "{n}").data'
            f".withUnsafeBytes {{ Array($0.bindMemory(to:"
            f" {_SWIFT[d['type']]}.self)) }}"
            for n, d in outputs.items()
        ),
    )


def _kotlin(tensor):
    """An array of zeros, of arrays."""
    *outer, last = _sizes(tensor)
    text = f"{_KOTLIN[tensor['type']]}({last})"
    for size in reversed(outer):
        text = f"Array({size}) {{ {text} }}"
    return text


def _count(tensor):
    return " * ".join(size for size in _sizes(tensor) if size != "1") or "1"


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _sizes(tensor):
    """One row; sentences have `length` words."""
    sizes = ["length" if n < 0 else str(n) for n in tensor["shape"][1:]]
    return ["1", *sizes]


def _shape(tensor):
    return f"[{', '.join(_sizes(tensor))}]"
