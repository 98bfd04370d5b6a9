"""Which settings a run begins with, for which data."""

import dataclasses
import itertools
import re

import numpy as np
import pytest
from PIL import Image

import tfgen
from tfgen import choice, registry, saved_config
from tfgen.config import DataSpec, Preset
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.run import Run
from tfgen.train.strategy import make_strategy


def digits(tmp_path, n=60):
    """An npz of images like the digits, but of another name."""
    random = np.random.default_rng(0)
    path = tmp_path / "mine.npz"
    np.savez(path, x=random.integers(0, 256, (n, 8, 8), np.uint8))
    return f"npz:{path}"


@pytest.mark.parametrize(
    "model, data, preset, why",
    [
        ("gan", None, "digits", "preset digits, which is for digits"),
        ("gan", "digits", "digits", "preset digits, which is for digits"),
        ("gan", "moons", "toy", "preset toy, which is for grid_gaussians"),
    ],
)
def test_presets_by_data(model, data, preset, why):
    found = choice.choose(model, None, data, [])
    assert (found.preset, found.why) == (preset, f"settings: {why}")


@pytest.mark.parametrize(
    "model, name, preset",
    [
        ("ebgan", "celeb_a", "celeb_a"),
        ("bigan", "tfds:mnist", "mnist"),
        ("dcgan", "lsun/bedroom", "lsun"),
        ("dcgan", "lsun/tower", ""),
        ("ebgan", "mnist", "mnist"),
        ("gan", "mnist", ""),
        ("real_nvp", "rings", "toy"),
        ("bigan", "rings", ""),
        ("inner_attention", "nli_grammar", "grammar"),
        ("inner_attention", "tfds:snli", "snli"),
        ("inner_attention", "snli:/data", ""),
        ("inner_attention", "pairs:mine.csv", ""),
    ],
)
def test_the_preset_of_a_name(model, name, preset):
    presets = registry.get(model).module().PRESETS
    assert choice.preset_for(name, presets) == preset


def test_word_vectors_say_how_wide_they_are(tmp_path):
    path = tmp_path / "g.txt"
    path.write_text("the 1 2 3\n")
    for preset in ("tiny", "snli", choice.AUTO):
        asked = ["num_pairs=100", f"data.glove={path}"]
        found = choice.choose("inner_attention", preset, "nli_grammar", asked)
        assert found.settings.network.embedding == 3
    # What the user says is not changed, and refused when the file is read.
    asked += ["network.embedding=4"]
    found = choice.choose("inner_attention", "tiny", None, asked)
    assert found.settings.network.embedding == 4


def test_other_data_get_settings_of_their_size(tmp_path):
    found = choice.choose("ebgan", None, digits(tmp_path), ["latent=7"])
    assert found.preset == "auto"
    assert found.settings.train.batch_size == 48
    assert found.settings.network.latent == 7
    assert found.settings.network.margin == 2.86
    assert found.settings.data == DataConfig(digits(tmp_path), dequantize=False)
    assert found.why.startswith(
        f"settings: auto, for {digits(tmp_path)} (48 training examples, shape"
        " 8x8x1, 256 gray levels): network.latent=32 network.generator=256,256 "
    )
    assert "\n" not in found.why and "network.margin=2.86" in found.why
    assert "preset" not in found.why


def test_other_data_are_not_cut_at_a_level_of_the_presets(tmp_path):
    """The first preset of both has two levels of the digits' 17."""
    for model in ("vae", "made"):
        found = choice.choose(model, None, digits(tmp_path), [])
        assert found.data.spec.levels == 256
        assert found.settings.data.binarize == 0
    overrides = ["binarize=100"]
    found = choice.choose("vae", None, digits(tmp_path), overrides)
    assert found.data.spec.levels == 2
    points = choice.choose("iwae", None, "moons", [])
    assert points.data.spec.levels == 0


@pytest.mark.parametrize(
    "model, kind, overrides, network, said",
    [
        ("pix2pix", "paired", [], {"maps": (32, 64, 128, 256, 256)}, ""),
        ("pix2pix", "paired", ["image_size=8"], {}, ""),
        ("cycle_gan", "unpaired", [], {"patch": 16}, " data.unpaired=True"),
    ],
)
def test_folders_are_read_at_the_size_of_no_preset(
    tmp_path, model, kind, overrides, network, said
):
    """Their first presets are of 16 pixels a side."""
    picture = Image.fromarray(np.zeros((64, 64, 3), np.uint8))
    for i, folder in itertools.product(range(60), "AB"):
        (tmp_path / folder).mkdir(exist_ok=True)
        picture.save(tmp_path / folder / f"{i}.png")
    name = f"{kind}:{tmp_path}/A,{tmp_path}/B"
    found = choice.choose(model, None, name, overrides)
    side = 8 if overrides else 32
    assert found.data.spec.shape == (side, side, 3)
    assert found.settings.data.image_size == side
    for setting, value in network.items():
        assert getattr(found.settings.network, setting) == value
    # Of the data, the line says what neither the class nor the user does.
    assert re.findall(r" data\.[^ ;]+", found.why) == [said] * bool(said)


def test_a_preset_for_data_like_these_is_named():
    presets = registry.get("dcgan").module().PRESETS
    settings = presets["lsun"]
    data = dataclasses.replace(settings.data, name="lsun/tower")

    class Loaded:
        spec = DataSpec((64, 64, 3), levels=256)

        def size(self, split):
            return 1000

    of = dataclasses.replace(settings, data=data)
    default = Preset(type(of.network)(), data)
    why = choice._why(of, default, data, Loaded(), presets)
    assert why.endswith("; preset=lsun is for lsun/bedroom")
    assert ": the model's defaults, train.steps=" in why


@pytest.mark.parametrize("model", ["aae", "pixelgan"])
def test_few_labels_are_asked_for_by_their_number(tmp_path, model):
    """By the model's preset for them, or its settings for other data."""
    found = choice.choose(model, None, None, ["data.labels=20"])
    assert found.preset == "digits_labels"
    assert (
        found.settings.network.supervised and found.settings.data.labels == 20
    )
    assert choice.choose(model, None, None, []).preset == "digits"
    x = np.random.default_rng(0).integers(0, 256, (60, 8, 8), np.uint8)
    np.savez(tmp_path / "mine.npz", x=x, y=np.arange(60) % 3)
    data = f"npz:{tmp_path / 'mine.npz'}"
    assert not choice.choose(model, None, data, []).settings.network.supervised
    small = ["hidden=4", "network.discriminator=4", "labels=6"]
    run = Run.start(tmp_path / "run", model, None, data, small)
    assert (run.config.preset, run.config.data.labels) == ("auto", 6)
    assert run.config.network.supervised
    saved_config.write(tmp_path / "run", run.config)
    assert saved_config.read(tmp_path / "run") == run.config


def test_auto_can_be_named_and_resumes(tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, x=np.random.default_rng(0).normal(size=(100, 3)))

    def train(preset, steps):
        quick = ["couplings=1", "hidden=2", "steps_per_call=1"]
        run = Run.start(
            tmp_path / "run",
            "real_nvp",
            preset,
            f"npz:{path}",
            [*quick, f"steps={steps}"],
        )
        assert run.train(make_strategy("cpu")).step == steps
        return run.config

    assert train("auto", 1).preset == "auto"
    config = train(None, 2)
    assert Run.resume(tmp_path / "run").config == config
    assert saved_config.read(tmp_path / "run") == config


def test_arrays_get_settings_of_their_size(tmp_path, caplog):
    x = np.random.default_rng(0).normal(size=(100, 5)).astype(np.float32)
    run = tfgen.fit("real_nvp", x, tmp_path, steps=1)
    assert run.config.preset == "auto"
    read, line = caplog.messages[:2]
    assert read.startswith("arrays: read 100 examples: 80 train, 10 ")
    assert line.startswith(
        "settings: auto, for arrays (80 training examples, shape 5, real"
        " numbers): network.batch_norm=False "
    )


def test_a_plug_in_may_choose_nothing(tmp_path, monkeypatch):
    module = registry.get("gan").module()
    monkeypatch.delattr(module, "auto")
    data = digits(tmp_path, 300)
    found = choice.choose("gan", None, data, [])
    assert (found.preset, found.settings.data.name) == ("digits", data)
    assert found.why == (
        "settings: preset digits, which is for digits;"
        f" the model has none for {data}"
    )
    message = "^preset=auto: unknown. Known: digits, digits_labels, toy, tiny"
    with pytest.raises(UserError, match=message):
        choice.choose("gan", "auto", data, [])


def test_pairs_train_without_word_vectors(tmp_path):
    path = tmp_path / "pairs.csv"
    rows = [
        f"A dog runs {i}.,An animal runs.,{label}"
        for i in range(20)
        for label in ("entailment", "neutral", "contradiction")
    ]
    path.write_text("\n".join(["premise,hypothesis,label", *rows]) + "\n")
    quick = ["steps=1", "embedding=3", "units=2", "layers=1", "width=2"]
    run = Run.start(
        tmp_path / "run", "sentence_encoder", None, f"pairs:{path}", quick
    )
    assert run.config.preset == "auto"
    assert "word vectors trained, without data.glove" in run.chosen
    assert run.train(make_strategy("cpu")).step == 1
