"""What is drawn of models of images, untrained: sizes, and which files."""

from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgen.config import DataSpec, Field
from tfgen.data import digits
from tfgen.data.source import split_arrays
from tfgen.errors import UserError
from tfgen.models.autoencoders.aae import AAE
from tfgen.models.games.infogan import InfoGAN
from tfgen.models.translation.next_frame import NextFrame
from tfgen.models.translation.pix2pix import Pix2Pix
from tfgen.nn import randomize
from tfgen.pictures import Drawing, figures, latents, sheet
from tfgen.pictures import write as write_pictures
from tfgen.run import Run
from tfgen.viz import plane

SAMPLES = {"samples.png", "beside_data.png"}
LATENT = {*SAMPLES, "interpolation.png", "manifold.png"}
SEEN = {"reconstructions.png", "neighbors.png", "filters_encoder.png"}


def drawing_of(run, **options):
    return Drawing(run.data, run.config, run.build_model(), **options)


def write(tmp_path, model, *overrides, data=None, **options):
    run = Run.start(tmp_path, model, "tiny", data, overrides)
    drawing = drawing_of(run, count=9, **options)
    paths = write_pictures(drawing, tmp_path)
    return {path.name: np.asarray(Image.open(path)) for path in paths}


@pytest.mark.parametrize(
    "model, more",
    [
        (
            "bigan",
            {*SEEN, "filters_discriminator.png", "filters_generator.png"},
        ),
        ("ebgan", {*SEEN, "filters_generator.png"}),
        (
            "aae",
            {
                "reconstructions.png",
                "filters_encoder.png",
                "swaps.png",
                "categories.png",
            },
        ),
        (
            "pixelgan",
            {"filters_encoder.png", "categories.png"},
        ),
        (
            "infogan",
            {
                "categories.png",
                "codes.png",
                "filters_discriminator.png",
                "filters_generator.png",
            },
        ),
    ],
)
def test_which_pictures_there_are(tmp_path, model, more):
    assert set(write(tmp_path, model)) == LATENT | more


def test_codes_of_two_images_are_swapped(tmp_path):
    """z of the image on the left, the category of that above."""
    swaps = small(write(tmp_path, "aae")["swaps.png"], 9 * 9 + 1)
    run = Run.start(tmp_path / "again", "aae", "tiny")
    model = run.build_model()
    x = np.asarray(
        next(iter(run.data.eval_batches("test", run.config.train)))["x"]
    )
    z, category = model.encode(x[:16]).values()
    category = tf.one_hot(tf.argmax(category, axis=1), category.shape[1])

    def cell(row, column):
        return swaps[9 * row + 1 : 9 * row + 9, 9 * column + 1 : 9 * column + 9]

    for row, column in ((1, 1), (2, 5), (8, 3)):
        made = model.decode(z[row - 1 : row], category[7 + column : 8 + column])
        expected = np.round(np.asarray(made)[0, ..., 0]) * 255 / 16
        np.testing.assert_allclose(cell(row, column), expected, atol=1)
        np.testing.assert_allclose(
            cell(row, 0), x[row - 1, ..., 0] * 255 / 16, atol=1
        )
        np.testing.assert_allclose(
            cell(0, column), x[7 + column, ..., 0] * 255 / 16, atol=1
        )
    assert not cell(0, 0).any()


def test_a_decoder_that_draws_swaps_codes_too(tmp_path):
    assert "swaps.png" in write(tmp_path, "pixelgan", "network.latent=2")


def test_a_column_has_samples_of_a_category(tmp_path, monkeypatch, caplog):
    """Of one category each, whatever else is drawn; others are named."""
    monkeypatch.setattr("tfgen.pictures.latents._LATENTS", 2)

    def decode(model, z, category):
        level = 4.0 * tf.cast(tf.argmax(category, axis=1), tf.float32)
        return level[:, None, None, None] * tf.ones((1, 8, 8, 1))

    with mock.patch.object(AAE, "decode", decode):
        picture = small(write(tmp_path, "aae")["categories.png"], 2 * 9 + 1)
    said = "categories.png: of 3 categories, the first 2 are drawn."
    assert said in caplog.messages
    for row, column in np.ndindex(8, 2):
        cell = picture[9 * row + 1 :, 9 * column + 1 :][:8, :8]
        assert np.all(cell == np.round(4 * column * 255 / 16))


def test_ways_between_codes_of_a_decoder_that_draws(tmp_path):
    """Its own numbers go along, from those of one end to the other's."""
    options = {"traverse": True}
    found = write(tmp_path, "pixelgan", "latent=2", "categories=0", **options)
    assert LATENT | {"traversal.png"} <= set(found)
    assert "categories.png" not in found


@pytest.mark.parametrize("model", ["rbm", "gsn"])
def test_chains_are_drawn_from_where_they_begin(tmp_path, model):
    """A row each; every third state, where they are too many."""
    steps = {"rbm": "sample_sweeps", "gsn": "sample_steps"}[model]
    found = write(tmp_path, model, f"{steps}=28")
    assert set(found) >= {*SAMPLES, "chain.png"}
    picture = small(found["chain.png"], 10 * 9 + 1)
    assert picture.shape == (8 * 9 + 1, 10 * 9 + 1)
    run = Run.start(tmp_path / "again", model, "tiny", None, [f"{steps}=28"])
    built = run.build_model()
    noise = np.random.default_rng(0).standard_normal(
        (8, built.sample_noise), np.float32
    )
    states = built.chain(built.uniforms(tf.constant(noise))).numpy()
    for row, column in ((0, 0), (7, 9), (3, 4)):
        cell = picture[9 * row + 1 :, 9 * column + 1 :][:8, :8]
        expected = 255 * states[row, 3 * column, ..., 0]
        np.testing.assert_array_equal(cell, expected)


def small(picture, width):
    """A picture as it was before its pixels were enlarged."""
    times = picture.shape[1] // width
    return picture[::times, ::times]


def test_pictures_of_a_flow(tmp_path):
    """Real NVP, figure 5 and appendices C and D."""
    pictures = write(tmp_path, "real_nvp", enlarge=[2])
    more = {"resampled.png", "enlarged_x2.png", "pit.png"}
    assert set(pictures) == LATENT | more
    # 9 samples of 8 x 8, or 2 of 16 x 16, and the lines between.
    assert small(pictures["samples.png"], 28).shape == (28, 28)
    assert small(pictures["enlarged_x2.png"], 18).shape == (35, 18)
    # 8 images; of two scales both, or the coarser alone.
    resampled = small(pictures["resampled.png"], 19)
    assert resampled.shape == (73, 19)
    kept, anew = resampled[1:9, 1:9], resampled[1:9, 10:18]
    run = Run.start(tmp_path / "again", "real_nvp", "tiny")
    (batch, *_) = run.data.eval_batches("test", run.config.train)
    data = np.floor(batch["x"][0, :, :, 0]) * 255 / 16
    assert np.mean(np.abs(kept - data) < 1) > 0.9
    assert np.mean(np.abs(anew - data) < 1) < 0.9
    # 64 test images, 8 x 8 of them, beside as many samples.
    beside = small(pictures["beside_data.png"], 2 * 73 + 2)
    assert beside.shape == (73, 2 * 73 + 2)
    np.testing.assert_allclose(beside[1:9, 1:9], data, atol=1)


def test_only_flows_are_enlarged(tmp_path):
    with pytest.raises(UserError, match="enlarge: bigan on digits makes"):
        write(tmp_path, "bigan", enlarge=[2])


def faces():
    """Images with attributes of their own."""
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (160, 8, 8, 3), np.uint8)
    spec = DataSpec(
        (8, 8, 3), 256, fields=(Field("attributes", (2,), names=("A", "B")),)
    )
    attributes = random.integers(0, 2, (160, 2)).astype(np.float32)
    return split_arrays(spec, {"x": x, "attributes": attributes})


def test_attributes_that_samples_have(tmp_path, monkeypatch):
    """Those of test images, a column each, or those that are named."""
    monkeypatch.setattr(digits, "load", faces)
    pictures = write(tmp_path, "real_nvp", "conditional=true")
    own = {"resampled.png", "relabelled.png", "pit.png"}
    assert set(pictures) == LATENT | own
    run = Run.start(tmp_path, "real_nvp", "tiny", None, ["conditional=true"])
    given = drawing_of(run).conditions(9)["attributes"]
    test = faces().splits["test"]["attributes"]
    columns = np.arange(9) % 8
    np.testing.assert_array_equal(given, test[columns])
    given = drawing_of(run, attributes=["B"]).conditions(9)["attributes"]
    np.testing.assert_array_equal(given, [[0, 1]] * 9)
    with pytest.raises(UserError, match="attributes=C: unknown"):
        write_pictures(drawing_of(run, attributes=["C"]), tmp_path)


def test_attributes_of_a_model_without(tmp_path):
    with pytest.raises(UserError, match="attributes: real_nvp takes none"):
        write(tmp_path, "real_nvp", attributes=["Smiling"])


def test_pictures_of_smaller_samples(tmp_path):
    """Section 3.5 of BiGAN: x is drawn in the size of G(E(x))."""
    pictures = write(
        tmp_path,
        "bigan",
        "convolutional=true",
        "generator=3,4",
        "discriminator=3,4",
        "encoder=5,4",
        "kernel=3",
        "generator_size=4",
    )
    # 3 rows of 4 + 1 pixels, and a line, 600 wide at least.
    assert len(pictures["samples.png"]) % (3 * 5 + 1) == 0
    # 8 rows of four pairs, of 4 x 4 pixels.
    height, width = pictures["reconstructions.png"].shape
    assert height * (8 * 5 + 1) == width * (8 * 5 + 1)
    # Five filters of 3 x 3, in a row of ten.
    height, width = pictures["filters_encoder.png"].shape
    assert width / height == pytest.approx((10 * 4 + 1) / (3 + 2))


@pytest.mark.parametrize("model", ["vae", "vlae", "gan"])
def test_a_row_for_each_latent(tmp_path, model):
    """The model itself, of latents that are set by hand."""
    run = Run.start(tmp_path, model, "tiny")
    drawing = drawing_of(run, count=9, traverse=True)
    paths = write_pictures(drawing, tmp_path)
    (path,) = (path for path in paths if path.stem == "traversal")
    Z = drawing.model.sample_noise
    picture = small(np.asarray(Image.open(path)), 11 * 9 + 1)
    assert picture.shape == (Z * 9 + 1, 11 * 9 + 1)
    z = latents.ends(drawing)[0][:1].copy()
    z[0, Z - 1] = 3.0
    made = drawing.model.sample(z).numpy()
    expected = drawing.sheet(made, 1)[1:9, 1:9, 0]
    np.testing.assert_array_equal(picture[-9:-1, -9:-1], expected)


def test_ways_begin_at_the_codes_of_test_images(tmp_path):
    """Of all latents, side by side, as normal numbers."""
    for name in ("vae", "vlae", "aae"):
        run = Run.start(tmp_path / name, name, "tiny")
        drawing = drawing_of(run)
        model, (ends, _) = drawing.model, latents.ends(drawing)
        x, _ = latents.data_ends(drawing)
        codes = model.encode(x)
        codes = codes.values() if isinstance(codes, dict) else [codes]
        codes = [np.asarray(code) for code in codes]
        again = model.prior(tf.constant(ends))
        np.testing.assert_array_equal(codes[0], again[0])
        if name == "aae":  # a category is the most probable one
            codes[1] = np.eye(3)[codes[1].argmax(1)]
        np.testing.assert_array_equal(codes[-1], again[-1])


def test_bits_that_only_a_chain_of_draws_makes_are_no_ends(tmp_path):
    """A belief network's samples are made of noise, not of what it encodes."""
    run = Run.start(tmp_path, "vimco", "tiny")
    drawing = drawing_of(run)
    found, _ = latents.ends(drawing)
    np.testing.assert_array_equal(found, drawing.noise(16))


def test_codes_go_beyond_their_ends(tmp_path, monkeypatch):
    """Four rows for each number; all else stays in a row."""
    made = []

    def decode(self, *latents):
        made.append([np.array(z) for z in latents])
        return tf.zeros((len(latents[0]), 8, 8, 1))

    monkeypatch.setattr(InfoGAN, "decode", decode)
    codes = "codes=a=categorical:3,b=uniform:2,c=normal"
    write(tmp_path, "infogan", codes)
    b1, b2, c = (z for z in made if len(z[0]) == 44)
    path = np.tile(np.linspace(-2, 2, 11), 4)
    np.testing.assert_allclose(b1[2][:, 0], path)
    np.testing.assert_allclose(b2[2][:, 1], path)
    np.testing.assert_allclose(c[3][:, 0], path)
    for still in (b1[0], b1[1], b1[3], b1[2][:, 1:], c[2]):
        rows = still.reshape(4, 11, -1)
        np.testing.assert_array_equal(rows, rows[:, :1] + 0 * rows)


def test_nothing_to_traverse(tmp_path):
    with pytest.raises(UserError, match="traverse: made on digits: expected"):
        write(tmp_path, "made", traverse=True)


def test_nothing_to_complete(tmp_path):
    with pytest.raises(UserError, match="complete=left: gan on moons: expec"):
        write(tmp_path, "gan", data="moons", complete="left")


def test_completions_of_a_model_without_a_way_of_its_own(tmp_path):
    """Test images, what is shown of them, four completions; projections."""
    pictures = write(tmp_path, "gan", complete="left")
    picture = small(pictures["completions.png"], 6 * 9 + 1)
    x, shown, *made = np.split(picture[:, :-1], 6, axis=1)
    np.testing.assert_array_equal(shown[:, 5:], x[:, 5:])
    assert not shown[1:9, 1:5].any()
    for one in made:
        np.testing.assert_array_equal(one[:, 5:], x[:, 5:])
        assert one[:, :5].std() > 0
    assert "projections.png" in pictures


def test_pictures_of_a_conditional_autoencoder(tmp_path):
    """What is made again has the class that it has."""
    pictures = write(tmp_path, "vae", "conditional=true")
    expected = LATENT | {"relabelled.png", "reconstructions.png"}
    assert set(pictures) == expected


def test_the_nearest_training_image_of_a_test_image(tmp_path):
    """A row begins with the query; no neighbour is a test image."""
    picture = write(tmp_path, "bigan")["neighbors.png"]
    times = picture.shape[1] // (7 * 9 + 1)
    small = picture[::times, ::times]
    assert small.shape == (8 * 9 + 1, 7 * 9 + 1)
    run = Run.start(tmp_path / "again", "bigan", "tiny")
    (batch, *_) = run.data.eval_batches("test", run.config.train)
    expected = np.asarray(batch["x"])[:8, :, :, 0] * 255 / 16
    for row, query in enumerate(expected):
        found = small[row * 9 + 1 : row * 9 + 9, 1:9]
        np.testing.assert_allclose(found, query, atol=1)


def test_a_conditional_flow_of_points(tmp_path, monkeypatch):
    """It has a density of each class; samples are of all of them."""
    drawn = {}

    def figure(path, x, samples, title="", **flow):
        drawn[path.name] = title, x, samples, flow
        return path

    monkeypatch.setattr(plane, "plane_figure", figure)
    overrides = ["conditional=true", "num_examples=200"]
    run = Run.start(tmp_path, "real_nvp", "tiny", "moons", overrides)
    run.__dict__["model"] = model = run.build_model()
    randomize(model.variables)
    *paths, pit = run.draw(count=9)
    names = ["samples.png", "samples_given_0.png", "samples_given_1.png"]
    assert [path.name for path in paths] == [*drawn] == names
    assert pit.name == "pit.png"
    title, x, _, flow = drawn.pop("samples.png")
    assert title == "" and flow == {} and len(x) == 20
    assert sum(len(points) for _, points, *_ in drawn.values()) == 20
    for label, (title, points, samples, flow) in enumerate(drawn.values()):
        assert title == f"label {label}"
        given = {"label": np.full(9, label)}
        x, other = samples, {"label": 1 - given["label"]}
        log_prob = flow["log_prob"](x)
        np.testing.assert_array_equal(log_prob, model.log_prob(x, **given))
        assert np.all(log_prob != model.log_prob(x, **other))
        z = flow["map"].encode(x)
        np.testing.assert_array_equal(z, model.encode(x, **given))
        np.testing.assert_allclose(flow["map"].decode(z), x, atol=1e-5)
        made = model.decode(flow["map"].noise, **given)
        np.testing.assert_array_equal(samples, made)


def test_noise_of_a_flow_is_that_of_its_prior(tmp_path, monkeypatch):
    """Logistic, of which the samples are made."""
    drawn = []

    def figure(path, x, samples, map, **_):
        drawn.append((map, samples))
        return path

    monkeypatch.setattr(plane, "plane_figure", figure)
    run = Run.start(tmp_path, "nice", "tiny", "moons", ["num_examples=200"])
    run.__dict__["model"] = model = run.build_model()
    assert model.latents["z"].prior == "logistic"
    randomize(model.variables)
    run.draw(count=9)
    ((map, samples),) = drawn
    np.testing.assert_array_equal(model.decode(map.noise), samples)


def test_a_flow_of_points_with_attributes(tmp_path, monkeypatch):
    """The density is drawn for those of the first test point."""
    monkeypatch.setattr(plane, "plane_figure", lambda path, *_, **__: path)
    random = np.random.default_rng(0)
    data = {
        "x": random.normal(size=(60, 2)),
        "attributes": np.eye(2)[[0, 1] * 30],
    }
    run = Run.start(tmp_path, "real_nvp", "tiny", data, ["conditional=true"])
    run.__dict__["model"] = run.build_model()
    ((title, rows),) = figures._each_condition(
        run.config.spec, {"attributes": np.float32([[0.25, 1], [0, 1]])}
    )
    assert title == "attributes [0.25, 1.0]" and rows.tolist() == [0, 1]
    names = [path.name for path in run.draw(count=9)]
    assert names == ["samples.png", "samples_given_0.png", "pit.png"]


def test_points_are_as_many_and_as_wide_as_asked_for(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        plane,
        "plane_figure",
        lambda path, x, samples, **_: drawn.append(samples),
    )
    run = Run.start(tmp_path, "real_nvp", "tiny", "moons", ["num_examples=200"])
    run.__dict__["model"] = run.build_model()
    run.draw()
    run.draw(count=9)
    run.draw(count=9, temperature=0.0)
    every, few, still = drawn
    assert (len(every), len(few), len(still)) == (4000, 9, 9)
    assert np.ptp(few) > 0.1 and np.ptp(still, axis=0).max() == 0
    with pytest.raises(UserError, match="^seed=-1: expected 0 to 2.32 - 1"):
        run.draw(seed=-1)


@pytest.mark.parametrize("count, columns", [(64, 8), (6, 2), (1000, 30)])
def test_samples_of_two_classes_make_no_tower(tmp_path, count, columns):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 17, (60, 4, 4, 1), np.uint8)
    data = {"x": x, "label": np.arange(60) % 2}
    settings = ["conditional=true", "scales=1", "batch_size=8"]
    run = Run.start(tmp_path, "real_nvp", "tiny", data, settings)
    with mock.patch.object(Drawing, "sheet") as made:
        made.return_value = np.zeros((9, 900, 1), np.uint8)
        sheet(drawing_of(run, count=count))
    assert made.call_args.args[1] == columns


def test_ends_of_a_way_are_of_one_class(tmp_path):
    """And the four images that a manifold goes through."""
    run = Run.start(tmp_path, "real_nvp", "tiny", None, ["conditional=true"])
    x, given = latents.data_ends(drawing_of(run))
    label = given["label"]
    assert x.shape == (16, 8, 8, 1)
    assert label[:8].tolist() == label[8:].tolist()
    assert len(set(label[:4])) == 1 and len(set(label[:8])) > 1


def test_a_smaller_x_is_drawn_as_large_as_y(tmp_path):
    random = np.random.default_rng(0)
    x, y = (random.integers(0, 9, (60, n, n, 1), np.uint8) for n in (4, 8))
    sizes = []
    for name, arrays in (("small", {"x": x}), ("same", {"x": y})):
        arrays["y"] = y
        run = Run.start(tmp_path / name, "pix2pix", "tiny", arrays)
        sizes.append(sheet(drawing_of(run)).shape)
    assert sizes[0] == sizes[1]


def test_translations_stand_between_x_and_y(tmp_path):
    with mock.patch.object(Pix2Pix, "translate", lambda model, x: x / 2):
        files = write(tmp_path, "pix2pix")
        run = Run.start(tmp_path / "again", "pix2pix", "tiny")
        picture = sheet(drawing_of(run))
    names = ["translations.png", "translations_with_noise.png"]
    assert list(files) == names
    assert picture.shape[-1] == 3
    (batch, *_) = run.data.eval_batches("test", run.config.train)
    cells = picture[16::6, ::6, 0]  # below the headings, not enlarged
    assert cells.shape == (8 * 9 + 1, 12 * 9 + 1)
    x, y = (batch[name].numpy()[..., 0] for name in "xy")
    for i in (0, 5):
        row, column = divmod(i, 4)
        for j, expected in enumerate((x[i], np.rint(x[i] / 2), y[i])):
            left = 9 * (3 * column + j) + 1
            cell = cells[9 * row + 1 :, left:][:8, :8]
            np.testing.assert_allclose(cell, expected * 255 / 16, atol=1)


def test_the_last_of_six_gray_frames_is_gray(tmp_path):
    """Six channels are also two pictures in colour; y says which."""
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (60, 8, 8, 6)).astype(np.uint8)
    run = Run.start(tmp_path, "next_frame", "tiny", {"x": x, "y": x[..., :1]})
    with mock.patch.object(NextFrame, "translate", lambda _, x: x[..., -1:]):
        picture = sheet(drawing_of(run))
    assert (picture == picture[..., :1]).all()
