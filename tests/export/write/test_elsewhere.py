import pytest
import tensorflow as tf

from export.write.elsewhere import not_on_devices
from tfgen import capabilities
from tfgen.capabilities import Signature
from tfgen.projection import Search
from tfgen.run import Run

SEEDS = "random numbers of seeds"


@pytest.mark.parametrize(
    "model, search, line",
    [
        (
            "nice",
            Search(),
            "log_prob (noise that it draws; `log_prob_with_noise` takes noise"
            f" instead), sample ({SEEDS}; `decode` takes latents instead),"
            f" complete ({SEEDS}), project (a search by gradients)",
        ),
        (
            "made",
            None,
            f"sample ({SEEDS}; `draw` takes uniforms instead), complete"
            f" ({SEEDS})",
        ),
    ],
)
def test_a_line_says_what_is_missing_and_why(model, search, line, tmp_path):
    made = Run.start(tmp_path, model, "tiny").build_model()
    signatures = capabilities.signatures(made, search)
    assert not_on_devices(signatures) == f"not on devices: {line}"
    kept = {n: s for n, s in signatures.items() if s.on_device}
    assert not_on_devices(kept) == ""


def test_text_is_for_servers():
    words = [tf.TensorSpec([None], tf.string, "sentence")]
    numbers = [tf.TensorSpec([None, 2], tf.float32, "x")]
    signatures = {
        "encode": Signature(lambda x: x, words, on_device=False),
        "encode_ids": Signature(lambda x: x, numbers),
        "classify_named": Signature(lambda x: x, numbers, on_device=False),
    }
    line = "not on devices: encode (text), classify_named (text)"
    assert not_on_devices(signatures) == line
