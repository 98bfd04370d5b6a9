"""A page about an exported model, for those who build it into something."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from export.description import describe
from export.table import Row, format_table

if TYPE_CHECKING:
    import keras

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

_CALLS = """
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


def text(
    model: keras.Model,
    facts: Mapping[str, Any],
    rows: Sequence[Row],
    tflite: pathlib.Path,
) -> str:
    """Returns the page, as Markdown.

    Args:
      model: see `tfgen.models.contract`.
      facts: what a run knows of it: `paper`, `data`, and `figures`, name ->
        number.
      rows: of the artefacts.
      tflite: the file that the snippets call; none, if it does not exist.
    """
    figures = facts.get("figures") or {}
    description = describe(tflite, model.spec) if tflite.exists() else {}
    return _TEMPLATE.format(
        name=facts.get("name", model.name),
        paper=facts.get("paper", ""),
        data=facts.get("data", "Not known: exported without a run."),
        figures="\n".join(f"- {n}: {v:.6g}" for n, v in figures.items())
        or "Not evaluated.",
        table=f"```\n{format_table(rows)}\n```",
        limits=_limits(model.spec, rows),
        signatures=_signatures(description),
        calls=_calls(description, tflite.name) if description else "",
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
    if not description:
        return "See `saved_model_cli show --all`."
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


def _calls(description, file):
    name, ends = next(iter(description["signatures"].items()))
    inputs, outputs = ends["inputs"], ends["outputs"]
    return _CALLS.format(
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
