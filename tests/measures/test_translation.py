"""Measures of translations by maps that are known."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tfgen import measures
from tfgen.config import TrainConfig
from tfgen.data import scenes, shapes
from tfgen.data.changed_digits import turned
from tfgen.data.settings import TwoDomainDataConfig
from tfgen.errors import UserError
from tfgen.measures import (
    Options,
    paired,
    scene_attributes,
    translated_labels,
    translation,
)
from tfgen.measures.scene_judge import judge
from tfgen.model import Model


class Known(Model):
    """Translates as it is told."""

    def __init__(self, spec, there, back=None):
        super().__init__(None, spec)
        self.translate = self.by(there)
        if back:
            self.translate_back = self.by(back)

    @staticmethod
    def by(function):
        return lambda x: tf.py_function(
            lambda x: function(x.numpy()).astype(np.float32), [x], tf.float32
        )


def run_on(name, **settings):
    """What measures ask a run for."""
    settings = {"image_size": 16, "num_examples": 400} | settings
    config = TwoDomainDataConfig(name, **settings)
    data = config.load(seed=0)
    train, kept = TrainConfig(), {}

    def once(name, key, make):
        if kept.get(name, (None,))[0] != key:
            kept[name] = key, make(key)
        return kept[name][1]

    return types.SimpleNamespace(
        data=data,
        config=types.SimpleNamespace(data=config, spec=data.spec, train=train),
        once=once,
        held_out=lambda model, split: data.eval_batches(split, train),
    )


@pytest.fixture(scope="module")
def drawn():
    return run_on("scenes", unpaired=True)


def fill(x):
    seen = judge(x, outlined=True)
    colour = shapes.colours(seen.attribute("kind"))
    return shapes.paint(seen.shape, colour, 16)


def outline(y):
    seen = judge(y)
    black = np.zeros((len(y), 3))
    return shapes.paint(seen.shape, black, 16, outlined=True)


def of(module, run, *maps):
    model = Known(run.config.spec, *maps)
    assert module.applies(model, run.config.spec)
    return module.measure(run, model, "test", Options())


def said(caplog):
    """Ours; TensorFlow counts how often these functions are traced."""
    return [r.message for r in caplog.records if r.name == "absl"]


def test_the_truth(drawn, caplog):
    values = of(paired, drawn, fill, outline)
    for end in ("", "_back"):
        assert values[f"l1{end}"] == 0
        assert values[f"psnr{end}"] == 100
        assert values[f"ssim{end}"] == pytest.approx(1)
        assert 0.02 < values[f"l1_copy{end}"] < 0.1
    assert values["hue_intersection"] == pytest.approx(1)
    assert values["hue_intersection_copy"] == 0
    values = of(scene_attributes, drawn, fill, outline)
    assert set(values.values()) == {1.0}
    assert {"right", "right_place_back", "right_kind_back"} <= values.keys()
    values = of(translation, drawn, fill, outline)
    for end in ("", "_back"):
        assert values[f"frechet_distance_y{end}"] == pytest.approx(0, abs=1e-4)
        assert values[f"cycle_l1{end}"] == values[f"cycle_l1_changed{end}"] == 0
    assert not said(caplog)


def test_inversion_has_no_cycle_error_and_is_caught(drawn, caplog):
    def inverted(x):
        return 255 - fill(x)

    def back(y):
        return outline(255 - y)

    values = of(translation, drawn, inverted, back)
    assert values["cycle_l1"] == values["cycle_l1_changed"] == 0
    (text,) = said(caplog)
    assert "translate: translations are nearer to y with dark" in text
    assert of(paired, drawn, inverted)["l1"] > 0.8
    assert of(scene_attributes, drawn, inverted)["right"] == 0


def test_inversion_is_caught_without_pairs():
    values = {"frechet_distance_y": 9.0, "frechet_distance_inverted": 0.1}
    assert "inverted" in translation.complaint(values)
    values = {"frechet_distance_y": 0.1, "frechet_distance_inverted": 9.0}
    assert translation.complaint(values) is None


def test_identity_is_caught(drawn, caplog):
    values = of(translation, drawn, lambda x: x, lambda y: y)
    assert values["cycle_l1"] == 0
    assert values["frechet_distance_y"] > 0.01
    first, second = said(caplog)
    assert first.startswith("translate: translations are what they are made of")
    assert second.startswith("translate_back: ")
    assert of(scene_attributes, drawn, lambda x: x)["right"] == 0


def test_what_is_hidden_in_faint_noise_is_lost():
    """A map that keeps x in the last bit of blank pictures."""
    run = run_on("scenes")

    def hide(x):
        return 128 + (x > 127) / 4

    def find(y):
        return np.where(y > 128.1, 255, 0)

    values = of(translation, run, hide, find)
    x = run.data.source.splits["test"]["x"] / 255
    assert values["cycle_l1"] == pytest.approx(x.mean(), abs=1e-6)

    def one_level(x):
        return 128 + (x > 127)

    last_bit = of(translation, run, one_level, find)
    assert last_bit["cycle_l1"] == 0
    assert last_bit["cycle_l1_changed"] > 0.2


def test_what_is_hidden_between_few_levels_is_lost(monkeypatch):
    """It is lost in 2 of 255, however far apart a domain's levels are."""
    monkeypatch.setattr(translation, "_distances", lambda *_: {})
    run = run_on("turned_digits")  # of 17 levels

    def hide(x):
        return 8 + (x > 8) / 8  # 128 or 129 of 255

    def coarse(x):
        return 8 + (x > 8)  # one of 16, which is 16 of 255

    def find(y):
        return np.where(y > 8.06, 16, 0)

    def find_coarse(y):
        return np.where(y > 8.5, 16, 0)

    x = run.data.source.splits["test"]["x"] / 16
    rounded = np.abs((x > 0.5) - x).mean()
    values = of(translation, run, hide, find)
    # 8 bits hold what is one of 255 off, and lose it when that is changed.
    assert values["cycle_l1"] == pytest.approx(rounded, abs=1e-6)
    assert values["cycle_l1_changed"] > 0.2
    values = of(translation, run, coarse, find_coarse)
    assert values["cycle_l1"] == pytest.approx(rounded, abs=1e-6)
    assert values["cycle_l1_changed"] == values["cycle_l1"]


def test_a_wrong_place_and_a_wrong_colour(drawn):
    def moved(x):
        return np.roll(fill(x), 5, axis=2)

    def recoloured(x):
        return fill(x)[..., ::-1]

    values = of(scene_attributes, drawn, moved)
    assert values["right_place"] == 0
    assert values["right_colour"] > 0.5  # what leaves on the right comes back
    values = of(scene_attributes, drawn, recoloured)
    assert values["right_place"] == 1
    # Red and blue are each other's; green is not quite its own.
    assert values["right"] == values["right_colour"] < 0.5


@pytest.mark.parametrize("colour", ["red", "purple"])
def test_two_colours(colour):
    run = run_on("two_coloured_scenes")
    levels = (130, 55, 130) if colour == "purple" else shapes.COLOURS[colour]

    def alike(x):
        seen = judge(x, outlined=True)
        return shapes.paint(seen.shape, [levels], 16)

    values = of(scene_attributes, run, alike)
    assert values["right_place"] == 1
    assert values["right_colour"] == float(colour == "red")
    hues = of(paired, run, alike)["hue_intersection"]
    assert hues == pytest.approx(0.5 if colour == "red" else 0, abs=0.1)


def test_directions():
    run = run_on("scenes", direction="b_to_a")
    values = of(scene_attributes, run, outline, fill)
    assert set(values.values()) == {1.0}
    assert "right_colour_back" in values


@pytest.fixture(scope="module")
def moving():
    return run_on("moving_scenes")


def parts(x):
    """Both futures of frames, as pictures [2, N, H, W, 3]."""
    before, last = (judge(x[..., i : i + 3]) for i in (0, 3))
    futures = scenes.futures(before.shape, last.shape)
    colour = shapes.colours(last.colour)
    return [shapes.paint(f, colour, 16) for f in futures]


def test_moving_scenes(moving):
    def both(x):
        return np.mean(parts(x), axis=0)

    mean = of(scene_attributes, moving, both)
    assert mean["two_ghosts"] == 1
    assert mean["right"] == 0
    most = of(paired, moving, both)["psnr"]
    assert most == pytest.approx(mean["psnr_mean"], abs=1e-4)
    one = of(scene_attributes, moving, lambda x: parts(x)[0])
    assert one["right"] == one["turned_right"] == 1
    assert one["two_ghosts"] == 0
    # A toss costs twice what the mean does: 3 dB.
    toss = of(paired, moving, lambda x: parts(x)[0])["psnr"]
    assert toss == pytest.approx(most - 3, abs=1)
    other = of(scene_attributes, moving, lambda x: parts(x)[1])
    assert (other["right"], other["turned_right"]) == (1, 0)
    copy = of(scene_attributes, moving, lambda x: x[..., 3:])
    assert copy["right"] == 0
    assert copy["right_colour"] == 1
    values = of(paired, moving, lambda x: x[..., 3:])
    assert values["l1"] == values["l1_copy"] > 0


def test_labels_of_translations(monkeypatch):
    """A classifier of one image a class: the mean of what it has learnt."""
    run = run_on("turned_digits")

    class Nearest:
        def __init__(self, train):
            labels = range(10)
            self.means = np.array(
                [train["x"][train["label"] == c].mean(0) for c in labels]
            )

        def accuracy(self, x, label):
            off = np.square(x[:, None] - self.means).sum((2, 3, 4))
            return float((off.argmin(1) == label).mean())

    def train(train, validation, classes, levels, progress):
        assert (classes, levels, progress) == (10, 17, False)
        return Nearest(train)

    monkeypatch.setattr(translated_labels, "train_classifier", train)
    model = Known(run.config.spec, lambda x: turned(x, 17))
    values = translated_labels.measure(run, model, "test", Options())
    translated, target, source = values.values()
    assert list(values) == [
        f"target_accuracy_{n}" for n in ("translated", "target", "source")
    ]
    assert translated == target > 0.8 > 0.4 > source


def test_labels_are_needed(drawn):
    model = Known(drawn.config.spec, fill)
    with pytest.raises(UserError, match="expected a model that translates"):
        translated_labels.measure(drawn, model, "test", Options())


def test_other_data_have_no_scenes():
    run = run_on("thinned_digits")
    assert of(scene_attributes, run, lambda x: x) == {}
    assert measures.module("paired") is paired


def test_models_that_do_not_translate(drawn):
    model, spec = Model(None, drawn.config.spec), drawn.config.spec
    for module in (paired, scene_attributes, translation):
        assert not module.applies(model, spec)
