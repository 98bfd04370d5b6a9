"""A page about an exported model, for those who build it into something."""

from __future__ import annotations

import json
import pathlib
import string
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from export.calls import DEFAULT
from export.report import Report, format_table

if TYPE_CHECKING:
    import keras

_TEMPLATES = pathlib.Path(__file__).with_name("templates")
_FEW = 8  # numbers that a line holds


def _fill(template: str, **values: str) -> str:
    text = (_TEMPLATES / template).read_text()
    return string.Template(text).substitute(values)


def page(
    model: keras.Model,
    facts: Mapping[str, Any],
    reports: Sequence[Report],
    description: Mapping[str, Any],
    calls: str,
) -> str:
    """Returns the page of a SavedModel or of TFLite files, as Markdown.

    Args:
      model: see `tfgen.model`.
      facts: what a run knows of it: `name`, `model` (its name in the registry),
        `paper`, `data`, and `figures`, name -> number.
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
        figures="\n".join(f"- {n}: {v:.6g}" for n, v in figures.items())
        or "Not evaluated.",
        table=f"```\n{format_table(reports)}\n```",
        limits="".join(f"- {line}\n" for line in _limits(model.spec, reports)),
        signatures="\n".join(_signatures(description)),
        calls=calls,
    )


def _limits(spec, reports):
    if spec.levels:
        yield (
            f"Pictures are {' x '.join(map(str, spec.shape))}, gray levels in"
            f" [0, {spec.levels}); other sizes do not fit."
        )
    if spec.words:
        count = len(spec.words.split(" "))
        yield f"It knows {count:,} words; all others are one word to it."
    for report in reports:
        if report.problem:
            yield f"There is no `{report.artefact}` file: {report.problem}."


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
    }

    def size(name):
        return sum(np.size(value) for value in signatures[name].values())

    name = DEFAULT if size(DEFAULT) <= _FEW else min(signatures, key=size)
    inputs = {n: value.tolist() for n, value in signatures[name].items()}
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
    )


def _example(tensor):
    """A batch of one row, of one word where their number is free."""
    shape = [max(n, 1) for n in tensor["shape"]]
    if tensor["type"] == "string":
        return np.full(shape, "A man sleeps.")
    return np.ones(shape, tensor["type"])


def call_on_device(description: Mapping[str, Any], file: str) -> str:
    """Returns a call of the first signature, in Kotlin and Swift.

    Args:
      description: of a TFLite file.
      file: its name.
    """
    name, ends = next(iter(description["signatures"].items()))
    inputs, outputs = ends["inputs"], ends["outputs"]
    return _fill(
        "call_device.md",
        file=file,
        signature=name,
        kotlin_in=", ".join(f'"{n}" to {_camel(n)}' for n in inputs),
        kotlin_out=", ".join(f'"{n}" to {_camel(n)}' for n in outputs),
        swift_shapes="\n".join(
            f'try runner.resizeInput(named: "{n}", toShape: {_shape(d)})'
            for n, d in inputs.items()
        ),
        swift_in="\n".join(
            f'try runner.copy({_camel(n)}, toInputNamed: "{n}")' for n in inputs
        ),
        swift_out="\n".join(
            f'let {_camel(n)} = try runner.output(named: "{n}").data'
            for n in outputs
        ),
    )


def _camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _shape(tensor):
    """One row; sentences have `length` words."""
    sizes = ["length" if n < 0 else str(n) for n in tensor["shape"][1:]]
    return f"[{', '.join(['1', *sizes])}]"
