import json

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from export.web import litert
from export.web.completion import completion, reason_against
from tests.export.runs import run_of
from tests.export.web.pages import page_of
from tfgen.config import DataSpec
from tfgen.model import Latent, Model


def test_the_file_completes_as_python_does(tmp_path):
    """Encoder and decoder in turn, as `Model.complete` of model.js has it."""
    files = {name: tmp_path / name for name in litert.NAMES}
    for path in files.values():
        path.write_text("")
    (tmp_path / "page").mkdir()
    _, folder = page_of(files, tmp_path / "page", "vae")
    told = json.loads((folder / "page.json").read_text())["completion"]
    assert told["passes"] == 10 and len(told["checks"]) == 2
    interpreter = Interpreter(str(folder / "model.tflite"))
    encode = interpreter.get_signature_runner("encode")
    decode = interpreter.get_signature_runner("decode")
    for check in told["checks"]:
        x = np.float32(check["inputs"]["x"])
        hidden = np.reshape(check["hidden"], x.shape)
        assert hidden[2:6, 2:6].all() and hidden.sum() == 16
        z = np.float32(check["latents"]["z"])[None]
        for _ in range(told["passes"]):
            made = np.clip(decode(z=z)["x"][0], *told["range"])
            z = encode(x=np.where(hidden, made, x)[None])["z"]
        made = np.clip(decode(z=z)["x"][0], *told["range"])
        right = np.float32(check["x"])
        np.testing.assert_allclose(
            np.where(hidden, made, x), right, rtol=0, atol=1e-4
        )
        assert np.abs(right - x)[hidden].max() > 0.1


def model_with(*names, size=3, unread=()):
    """A model of pictures of 2 x 2 that has these capabilities."""
    model = Model(spec=DataSpec((2, 2, 1)))
    model.latents, model.unread = {"z": Latent((size,))}, unread
    for name in names:
        setattr(model, name, lambda *_: None)
    return model


@pytest.mark.parametrize(
    "model, reason",
    [
        (model_with("encode", "decode"), ""),
        (model_with("encode", "decode", "log_prob"), ""),
        (model_with("decode"), "without an encoder of all latents it takes gr"),
        (
            model_with("encode", "decode", unread=("z",)),
            "without an encoder of all latents it takes gradients",
        ),
        (
            model_with("encode", "decode", "log_prob", size=4),
            "the encoder is the decoder's inverse",
        ),
        (
            model_with("complete", "encode", "decode"),
            "the model's own way is for Python",
        ),
        (model_with("encode", "draw"), "the model decodes no latents"),
    ],
)
def test_why_a_page_does_not_complete(model, reason):
    here = [name for name in ("encode", "decode") if model.can(name)]
    found = reason_against(model, here)
    assert found.startswith(reason) and bool(found) == bool(reason)


def test_points_have_no_completion(tmp_path):
    assert completion(run_of(tmp_path, "iaf"), (), {}) is None
