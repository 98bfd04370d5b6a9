"""Writes the page of a run: files for any static server.

web/<model>/<version>/
  index.html, *.js, style.css  the same for every model
  model.tflite                 the float32 file for one row
  page.json                    what the page says of the model, some test
                               examples, and calls with Keras's outputs
  litert/                      LiteRT.js, see `export.web.litert`
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from export import calls
from export.check.task import test_rows
from export.web import litert
from export.web.completion import completion
from export.write.description import describe
from export.write.tflite import Converter
from tfgen.errors import UserError
from tfgen.nli.text.tokenizer import portable_rules, tokenize
from tfgen.nli.text.vocabulary import PADDING, SPECIAL, UNKNOWN, Vocabulary
from tfgen.version import __version__

if TYPE_CHECKING:
    from tfgen.run import Run

_TEMPLATES = pathlib.Path(__file__).with_name("templates")
_EXAMPLES = 16  # of the test split, on the page
_SCORED = 500  # of them, which a drawn one is compared with
_CHECKED = 2  # rows of each signature
_LENGTH = 32  # words of a sentence; a page cuts longer ones, and says so
_SENTENCES = ("premise", "hypothesis")
_TEXTS = (
    "",
    "Don't cannot, Mr. O'Neil's dog!",
    "“So” she said: 1,000.50 at 5:30 … I'm gonna",
    '"A man" (in U.S.A.) sleeps -- 🐕, été.',
)
# A score that says how usual an example is; a low energy is usual.
_SCORES = ("log_prob", "log_prob_with_noise", "energy")


def write_page(
    run: Run,
    card: Mapping[str, Any],
    runtime: Mapping[str, pathlib.Path],
    folder: pathlib.Path,
) -> None:
    """Writes `web` of an export, beside its other parts.

    Args:
      run: trained.
      card: what a model card says of it.
      runtime: the files of LiteRT.js, see `export.web.litert.find`.
      folder: of the export; `tflite` and `checks` are written.
    """
    page = folder / "web"
    shutil.copytree(_TEMPLATES, page)
    litert.copy(dict(runtime), page / "litert")
    model = page / "model.tflite"
    _convert(run, model)
    checks = calls.read(folder / "checks" / "examples.npz")
    description = describe(
        model, run.config.spec, run.model.latents, run.model.other_sides
    )
    told = about(run, card, description, checks)
    told["files"] = sorted(
        str(path.relative_to(page)) for path in page.rglob("*.*")
    )
    (page / "page.json").write_text(json.dumps(told, allow_nan=False) + "\n")


def about(
    run: Run,
    card: Mapping[str, Any],
    description: Mapping[str, Any],
    checks: list[calls.Call],
) -> dict[str, Any]:
    """Returns what the page reads, as JSON can hold it.

    Args:
      run: trained.
      card: what a model card says of it.
      description: of the signatures of devices.
      checks: calls of the export, with Keras's outputs.
    """
    model, spec = run.model, run.config.spec
    here = description["signatures"]
    rows = test_rows(run, _SCORED)
    examples = calls.spread(rows, _EXAMPLES)
    if spec.words:
        sentences = [
            array for name, array in examples.items() if name in _SENTENCES
        ]
        examples = dict(zip(_SENTENCES, map(_texts(spec), sentences)))
    return {
        "name": card["name"],
        "model": card["model"],
        "paper": card["paper"],
        "data": card["data"],
        "figures": card["figures"],
        "version": __version__,
        "litert": litert.VERSION,
        "shape": spec.shape,
        "levels": spec.levels,
        "range": _range(spec.x, rows),
        "dequantized": bool(spec.levels) and run.is_noisy,
        "classes": spec.labels or [str(i) for i in range(spec.num_classes)],
        "columns": [column.name for column in spec.columns],
        "fields": {
            field.name: {
                "shape": field.shape,
                "levels": field.levels,
                "range": _range(field, rows),
                "names": field.names or [c.name for c in field.columns],
            }
            for field in spec.fields
        },
        "latents": description.get("latents", {}),
        "conditions": model.conditions,
        "signatures": here,
        # `describe` knows devices' signatures alone.
        "elsewhere": sorted({call.signature for call in checks} - {*here}),
        "text": _tokenizer(spec) if spec.words else None,
        "examples": _lists(examples),
        "scores": _scores(run, here, rows),
        "completion": completion(run, here, rows),
        "checks": [
            {
                "signature": call.signature,
                "inputs": _lists(_row(_padded(call.inputs), i)),
                "outputs": _lists(_row(call.outputs, i)),
            }
            for call in checks
            if call.on_device
            for i in range(min(_CHECKED, len(next(iter(call.inputs.values())))))
        ],
    }


def _range(field, rows):
    """What is black and what is white; of real numbers, the examples' ends."""
    if field.levels or field.name not in rows:
        return [0.0, float(max(field.levels - 1, 1))]
    return [float(rows[field.name].min()), float(rows[field.name].max())]


def _scores(run, here, rows):
    """Name of a signature -> percentiles of the test examples' scores."""
    from tfgen.capabilities import signatures

    found = {}
    signed = signatures(run.model)
    for name in here:
        if name not in _SCORES:
            continue
        # The page has no noise but the middle of each level.
        given = {**rows, "noise": np.full_like(rows["x"], 0.5)}
        call = calls.Call.of(name, signed[name], given)
        (score,) = calls.in_pieces(
            lambda part, run=signed[name].function: {
                n: np.asarray(v) for n, v in run(*part.values()).items()
            },
            call.inputs,
            100,
        ).values()
        found[name] = np.percentile(score, np.arange(101)).tolist()
    return found


def _convert(run, target):
    """Writes a file of one row, without any free dimension.

    LiteRT.js takes no other; of a file for any batch whose dimensions are set
    afterwards, outputs are still allocated by a call, where it does not look.

    Raises:
      UserError: it cannot be converted.
    """
    import tensorflow as tf

    from export.write.saved_model import write_saved_model
    from tfgen.capabilities import signatures
    from tfgen.example_inputs import example_inputs

    rows = _padded(example_inputs(run.model, 1, seed=0))
    signed = {}
    for name, signature in signatures(run.model).items():
        if signature.on_device:
            specs = [
                tf.TensorSpec(rows[t.name].shape, t.dtype, t.name)
                for t in signature.inputs
            ]
            call = calls.Call.of(name, signature, rows)
            shapes = {
                n: v.shape
                for n, v in signature.function(*call.inputs.values()).items()
            }
            signed[name] = dataclasses.replace(
                signature,
                function=_shaped(signature.function, shapes),
                inputs=specs,
            )
    names = {name: [t.name for t in s.inputs] for name, s in signed.items()}
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work)
        saved_model, unused = folder / "saved_model", folder / "unused"
        with Converter(
            saved_model, folder, names, ["float32"], unused
        ) as converter:
            write_saved_model(signed, run.config.spec, saved_model)
            failed = converter.convert()
        if failed:
            raise UserError(
                f"format=web: {run.config.model} for one row is not converted:"
                f" {failed['float32']}."
            )
        shutil.copyfile(folder / "float32.tflite", target)


def _shaped(function, shapes):
    """A function whose outputs lie where a browser looks for them.

    Their shapes are known to a converter, and none is a loop's: that is made
    anew by each call. So each is the first row of what it was.
    """

    def call(*inputs):
        import tensorflow as tf

        return {
            name: tf.gather(tf.reshape(value, shapes[name]), [0])
            for name, value in function(*inputs).items()
        }

    return call


def _padded(inputs):
    """Sentences have `_LENGTH` words; all else stays as it is."""
    return {
        name: np.pad(a, ((0, 0), (0, _LENGTH - a.shape[1])))
        if name.endswith("_ids")
        else a
        for name, a in inputs.items()
    }


def _texts(spec):
    """Ids [N, T] -> sentences."""
    tokens = (*SPECIAL, *spec.vocabulary)
    return lambda ids: [
        " ".join(tokens[i] for i in row if i != PADDING) for row in ids
    ]


def _tokenizer(spec):
    """How the page makes ids of text, with some that it checks itself by."""
    vocabulary = Vocabulary(spec.vocabulary)
    return {
        "rules": portable_rules(),
        "lower": spec.lower,
        "length": min(spec.max_length or _LENGTH, _LENGTH),
        "words": vocabulary.tokens,
        "checks": [
            [text, vocabulary.encode(tokenize(text, spec.lower)) or [UNKNOWN]]
            for text in _TEXTS
        ],
    }


def _row(arrays, i):
    return {name: array[i] for name, array in arrays.items()}


def _lists(arrays):
    return {name: np.asarray(array).tolist() for name, array in arrays.items()}
