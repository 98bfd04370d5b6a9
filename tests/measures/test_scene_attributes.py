"""Figures of captions; tests/measures/test_translation.py has the others."""

import types

import numpy as np

from tfgen.data.settings import DataConfig
from tfgen.measures import Options, scene_attributes
from tfgen.model import Model


class OfWords(Model):
    """What it draws is said by the run."""

    conditions = ("attributes",)

    def sample(self, noise, attributes):
        raise NotImplementedError


def test_captions_of_which_none_comes_twice(caplog):
    """There is no mean of no pictures, and a line says so."""
    config = DataConfig("captioned_scenes", num_examples=400, image_size=16)
    source = config.source(seed=0)
    test = source.splits["test"]
    captions, rows = np.unique(test["attributes"], axis=0, return_index=True)
    more = np.flatnonzero((test["attributes"] == captions[0]).all(1))

    def figures(rows):
        drawn = {name: values[rows] for name, values in test.items()}
        given = {"attributes": drawn["attributes"]}
        run = types.SimpleNamespace(
            config=types.SimpleNamespace(data=config),
            held_out=lambda *_: [drawn],
            sample_quality=types.SimpleNamespace(
                drawn=lambda *_: [(drawn["x"], given)]
            ),
        )
        model = OfWords(None, source.spec)
        options = Options(samples=len(rows))
        return scene_attributes.measure(run, model, "test", options)

    values = figures(rows[:2])
    assert values["right"] == 1 and not values.keys() & {
        "diversity",
        "diversity_data",
    }
    assert np.isfinite(list(values.values())).all()
    first, second = (r.message for r in caplog.records if r.name == "absl")
    assert first.startswith("diversity: left out; of 2 pictures no two have")
    assert second.startswith("diversity_data: left out")
    values = figures(more[:2])
    assert values["diversity"] == values["diversity_data"] >= 0
