"""Captioned scenes that are painted as they should be, or not."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tfgen.config import TrainConfig
from tfgen.data import scenes, shapes
from tfgen.data.settings import DataConfig
from tfgen.measures import Options, scene_attributes
from tfgen.measures.samples import SampleQuality
from tfgen.model import Model


class Painter(Model):
    """Paints what is said, of combinations that are `wrong` in a wrong colour.

    All are in the corners.
    """

    conditions = ("attributes",)

    def __init__(self, spec, wrong=lambda words: False):
        super().__init__(None, spec)
        self.wrong = wrong

    def sample(self, noise, attributes):
        del noise
        every = shapes.every()
        pictures = []
        for size, colour, kind, below, beyond in scenes.chosen(attributes).T:
            if self.wrong((size, colour, kind, below, beyond)):
                colour = (colour + 1) % len(shapes.COLOURS)
            side = (5, 9)[size]
            top, left = ((shapes.GRID - side) * end for end in (below, beyond))
            number = every.number[kind, side, top, left]
            levels = shapes.colours(np.array([colour]))
            pictures += [*shapes.paint([number], levels, 16)]
        return tf.constant(np.array(pictures), tf.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What the measure asks a run for."""
    settings = DataConfig(
        "captioned_scenes", num_examples=1000, image_size=16, dequantize=False
    )
    data, train = settings.load(0), TrainConfig()
    config = types.SimpleNamespace(data=settings, spec=data.spec, train=train)
    folder = tmp_path_factory.mktemp("captions")
    return types.SimpleNamespace(
        data=data,
        config=config,
        sample_quality=SampleQuality(data, config, folder),
        held_out=lambda model, split: data.eval_batches(split, train),
    )


def measured(run, wrong=lambda words: False, split="test"):
    model = Painter(run.config.spec, wrong)
    assert scene_attributes.applies(model, run.config.spec)
    return scene_attributes.measure(run, model, split, Options())


def test_what_is_said(run):
    values = measured(run)
    names = "size", "colour", "kind", "place", "seen"
    assert {values[f"right_{name}"] for name in names} == {values["right"]}
    assert values["right"] == 1
    # One picture for each caption; the data have many places.
    assert values["diversity"] == 0 < values["diversity_data"]


def test_combinations_that_were_trained_on_have_a_share_of_their_own(run):
    """Of the validation split; there it is `right` itself."""
    rows = run.data.source.splits["test"]["attributes"]
    unseen = {*map(tuple, scenes.chosen(rows).T)}
    values = measured(run, lambda words: words in unseen)
    assert (values["right"], values["right_colour"]) == (0, 0)
    assert (values["right_seen"], values["right_kind"]) == (1, 1)
    values = measured(run, lambda words: words not in unseen)
    assert (values["right"], values["right_seen"]) == (1, 0)
    values = measured(run, lambda words: words in unseen, "validation")
    assert values["right"] == 1 and "right_seen" not in values
