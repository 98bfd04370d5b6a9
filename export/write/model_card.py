"""A page about an exported model, for those who build it into something."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from export.calls import DEFAULT
from export.report import Report, format_table
from export.write.description import describe, describe_saved_model

if TYPE_CHECKING:
    import keras

_FEW = 8  # numbers that a line holds

_TEMPLATE = """# {name}

{paper}

## Data

{data}

## Figures

{figures}

{table}

`error` is the largest one against the Keras model, absolute below 1 and
relative above; times and memory are those of the machine that exported it.

## Limits

{limits}

## Signatures

{signatures}
{calls}"""

_SERVED = """
## Calls

Of a server with TensorFlow Serving's interfaces, started on this SavedModel as
`{model}`: `{signature}` of one row{note}.

```
curl -d '{request}' http://localhost:8501/v1/models/{model}:predict
python -m apps.query --model={model} --signature={signature} {inputs}
```
"""

# Where an input is too large for a line.
_LARGE = """,
where `request.json` holds `{{"signature_name": "{signature}", "inputs":
{{{inputs}}}}}`, and an `.npy` file an input"""

_ON_DEVICES = """
The TFLite files of this export are in its folder `tflite`; the card beside them
has their signatures, and calls in Kotlin and Swift.
"""

_ON_DEVICE = """
## Kotlin

```kotlin
import org.tensorflow.lite.Interpreter

val interpreter = Interpreter(loadMappedFile(context, "{file}"))
val inputs = mapOf({kotlin_in})
val outputs = mapOf({kotlin_out})
interpreter.runSignature(inputs, outputs, "{signature}")
```

## Swift

```swift
import TensorFlowLite

let interpreter = try Interpreter(modelPath: path)  // of {file}
let runner = try interpreter.signatureRunner(with: "{signature}")
{swift_shapes}
try runner.allocateTensors()
{swift_in}
try runner.invoke()
{swift_out}
```

In Kotlin, arrays and buffers have the shapes and types listed above, a leading
batch dimension included.
"""


def for_devices(
    model: keras.Model,
    facts: Mapping[str, Any],
    rows: Sequence[Report],
    tflite: pathlib.Path,
) -> str:
    """Returns the page beside TFLite files, as Markdown.

    Args:
      model: see `tfgen.models.contract`.
      facts: what a run knows of it: `name`, `model` (its name in the registry),
        `paper`, `data`, and `figures`, name -> number.
      rows: of the artefacts.
      tflite: the file that the snippets call.
    """
    description = describe(tflite, model.spec)
    calls = _call_on_device(description, tflite.name)
    return _page(model, facts, rows, description, calls)


def for_servers(
    model: keras.Model,
    facts: Mapping[str, Any],
    rows: Sequence[Report],
    saved_model: pathlib.Path,
) -> str:
    """Returns the page inside of a SavedModel, as Markdown.

    Args:
      model: see `tfgen.models.contract`.
      facts: see `for_devices`.
      rows: of the artefacts.
      saved_model: its folder.
    """
    description = describe_saved_model(saved_model, model.spec)
    calls = _call_server(description, facts.get("model", model.name))
    if any(not row.problem for row in rows[1:]):
        calls += _ON_DEVICES
    return _page(model, facts, rows, description, calls)


def _page(model, facts, rows, description, calls):
    figures = facts.get("figures") or {}
    return _TEMPLATE.format(
        name=facts.get("name", model.name),
        paper=facts.get("paper", ""),
        data=facts.get("data", "Not known: exported without a run."),
        figures="\n".join(f"- {n}: {v:.6g}" for n, v in figures.items())
        or "Not evaluated.",
        table=f"```\n{format_table(rows)}\n```",
        limits=_limits(model.spec, rows),
        signatures=_signatures(description),
        calls=calls,
    )


def _limits(spec, rows):
    limits = [
        "It knows the data above and nothing else: what lies outside of them"
        " has no meaning for it, and it does not say so."
    ]
    if spec.levels:
        limits.append(
            f"Pictures are {' x '.join(map(str, spec.shape))}, gray levels in"
            f" [0, {spec.levels}); other sizes do not fit."
        )
    if spec.words:
        count = len(spec.words.split(" "))
        limits.append(
            f"It knows {count:,} words; all others are one unknown word to it."
        )
    limits += [
        f"There is no `{row.artefact}` file: {row.problem}."
        for row in rows
        if row.problem
    ]
    return "\n".join(f"- {limit}" for limit in limits)


def _signatures(description):
    lines = []
    for name, ends in description["signatures"].items():
        lines.append(f"`{name}`:\n")
        for side, tensors in ends.items():
            for tensor, d in tensors.items():
                shape = ", ".join("?" if n < 0 else str(n) for n in d["shape"])
                lines.append(
                    f"- {side[:-1]} `{tensor}`, {d['type']} [{shape}]:"
                    f" {d['meaning']}"
                )
        lines.append("")
    return "\n".join(lines)


def _call_server(description, model):
    """A call that fits a line: the default one, or that of least inputs."""
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
        note = _LARGE.format(signature=name, inputs=parts)
    return _SERVED.format(
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


def _call_on_device(description, file):
    name, ends = next(iter(description["signatures"].items()))
    inputs, outputs = ends["inputs"], ends["outputs"]
    return _ON_DEVICE.format(
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
    first, *rest = tensor["shape"]
    del first
    return (
        f"[{', '.join(['1', *('length' if n < 0 else str(n) for n in rest)])}]"
    )
