"""What presets for photographs make of them."""

import pytest
import tensorflow_datasets as tfds

from tfgen import registry
from tfgen.data import tfds_source
from tfgen.data.tfds_source import Recipe

WHOLE = Recipe(short_side=64, size=64)


@pytest.mark.parametrize(
    "model, preset, recipe",
    [
        ("dcgan", "lsun", WHOLE),
        ("wgan", "lsun", WHOLE),
        # Section 4.3 and appendix F: "whole images".
        ("ebgan", "lsun", WHOLE),
        # Appendix C.2: "shorter edge has a length of 72 pixels".
        ("bigan", "imagenet", Recipe(short_side=72, size=64, random=True)),
        # Dinh et al. 2017, section 4.1: "smallest side is 96 pixels".
        ("real_nvp", "lsun", Recipe(short_side=96, size=64, random=True)),
    ],
)
def test_crops_are_those_of_the_paper(model, preset, recipe, tmp_path):
    data = registry.get(model).module().PRESETS[preset].data
    builder = tfds.builder(data.name.removeprefix("tfds:"), data_dir=tmp_path)
    shape = builder.info.features["image"].shape
    assert tfds_source._recipe(builder, shape, data) == recipe
