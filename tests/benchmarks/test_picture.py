import numpy as np

from benchmarks import picture


def test_both_files_translate_alike(tmp_path):
    """Of the smallest size; the medians are of as many calls."""
    name, model = next(picture.models(8))
    assert name == "pix2pix, 64-128-256 maps"
    runs = picture.runners(model, tmp_path)
    seconds, off = picture.measure(runs, 8, 1)
    assert list(seconds) == ["SavedModel", "TFLite", "TFLite, any size"]
    assert min(seconds.values()) > 0
    assert off < 0.1  # of 255 levels
    x = np.zeros((1, 16, 24, 3), "f4")
    assert runs["TFLite, any size"](x).shape == x.shape
