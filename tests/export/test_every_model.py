"""Every model of the registry gives Keras's numbers once it is exported.

What an export does besides (fresh processes, other kinds of files, versions)
is tested on a few models only.
"""

import pytest
import tensorflow as tf

from export import check, examples, flatbuffer, saved_model, tflite
from tests.conformance.zoo import shared
from tfgen import capabilities, registry

# Their exports are compared elsewhere: conftest.py, test_export_run.py and
# test_zoo.py.
ELSEWHERE = {"gan", "inner_attention", "real_nvp", "word_by_word"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({*registry.MODELS} - ELSEWHERE))
def test_artefacts_give_what_keras_gives(name, tmp_path, monkeypatch):
    monkeypatch.setattr(check, "_milliseconds", lambda *_: 0.0)
    model = shared(name)
    folder, path = tmp_path / "saved_model", tmp_path / "float32.tflite"
    saved_model.write_saved_model(model, folder)
    signatures = capabilities.signatures(model)
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder),
        signature_keys=[n for n, s in signatures.items() if s.on_device],
    )
    tflite._set(converter, "float32", None)
    path.write_bytes(converter.convert())
    flatbuffer.compact(path)
    calls = examples.compute(model)
    for artefact in (folder, path):
        row = check.check(artefact, calls)
        # Signatures, operators, and all numbers to 1e-4.
        assert not row.problem, artefact.name
        assert row.allowed == 1e-4
