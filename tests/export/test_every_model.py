"""Every model of the registry gives Keras's numbers once it is exported.

What an export does besides (fresh processes, other kinds of files, versions)
is tested on a few models only.
"""

import functools

import pytest
import tensorflow as tf
from tensorflow.lite.python import lite

from export import calls
from export.check import artefact as artefact_lib
from export.write import flatbuffer, saved_model, tflite
from export.write.png_signatures import with_pictures, with_png_rows
from tests.conformance.zoo import shared
from tfgen import capabilities, registry
from tfgen.example_inputs import example_inputs
from tfgen.projection import Search

# Their exports are compared elsewhere: conftest.py, test_export_run.py.
ELSEWHERE = {"gan", "inner_attention", "real_nvp"}
# One whose layers Keras would make lists of tensors of.
BOTH = {"word_by_word": ("float32", "float16")}


@pytest.fixture
def read_once(monkeypatch):
    """The converter reads a SavedModel twice, the comparison once more.

    All are given the same here. And the converter looks for garbage each time,
    which takes longest where most tests have run.
    """
    read = functools.cache(tf.saved_model.load)
    monkeypatch.setattr(tf.saved_model, "load", read)
    monkeypatch.setattr(lite, "_load", lambda folder, tags: read(folder))
    monkeypatch.setattr(lite.gc, "collect", lambda: 0)


@pytest.mark.slow
def test_searches_are_served(tmp_path, monkeypatch):
    """Gradients inside of a loop, of a model of several latents.

    What they find depends on rounding: that it is finite is all that is asked.
    """
    monkeypatch.setattr(artefact_lib, "_milliseconds", lambda *_: 0.0)
    model = shared("vlae")
    signatures = capabilities.signatures(model, Search(5, starts=2))
    signatures = {name: signatures[name] for name in ("complete", "project")}
    assert not any(s.on_device for s in signatures.values())
    saved_model.write_saved_model(signatures, model.spec, tmp_path)
    rows_of = functools.partial(example_inputs, model)
    served = with_pictures(signatures, model.spec)
    report = artefact_lib.measure(tmp_path, calls.compute(served, rows_of))
    assert not report.problem and report.allowed == 1e-4


@pytest.mark.slow
@pytest.mark.usefixtures("read_once")
@pytest.mark.parametrize("name", sorted({*registry.MODELS} - ELSEWHERE))
def test_artefacts_give_what_keras_gives(name, tmp_path, monkeypatch):
    monkeypatch.setattr(artefact_lib, "_milliseconds", lambda *_: 0.0)
    model = shared(name)
    folder = tmp_path / "saved_model"
    signatures = capabilities.signatures(model)
    saved_model.write_saved_model(signatures, model.spec, folder)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder),
        signature_keys=[n for n, s in signatures.items() if s.on_device],
    )
    paths = [folder]
    for kind in BOTH.get(name, ("float32",)):
        paths.append(tmp_path / f"{kind}.tflite")
        paths[-1].write_bytes(tflite.converted(converter, kind, None))
        order = {n: s for n, s in signatures.items() if s.on_device}
        flatbuffer.compact(
            paths[-1],
            {n: [spec.name for spec in s.inputs] for n, s in order.items()},
        )
    served = with_pictures(signatures, model.spec)
    rows_of = functools.partial(example_inputs, model)
    rows_of = with_png_rows(rows_of, model.spec)
    examples = calls.compute(served, rows_of)
    for path in paths:
        report = artefact_lib.measure(path, examples)
        # Signatures, operators, and all numbers.
        assert not report.problem, path.name
        assert report.allowed == (1e-2 if path.stem == "float16" else 1e-4)
        # See tfgen/nn/doubling.py and residual_generator.py.
        slow = {"TRANSPOSE_CONV", "MIRROR_PAD"}
        assert path == folder or not slow & artefact_lib.operators(path)
