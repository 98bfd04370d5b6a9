import dataclasses
import pathlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds

from export.run import export_run
from tfgen.config import DataSpec, Field
from tfgen.data import catalog, pipeline, tfds_source
from tfgen.data import source as source_lib
from tfgen.data.settings import DataConfig
from tfgen.data.source import SPLITS, ArraySource, RecordSource
from tfgen.errors import UserError
from tfgen.library import ArrayRun
from tfgen.run import Run
from tfgen.train.strategy import make_strategy

NUM_TRAIN, NUM_TEST = 40, 10


def store(data_dir, name, splits, **features):
    """Writes a data set that no code knows of."""
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=tfds.features.FeaturesDict(features),
        split_datasets={
            split: list(enumerate(examples))
            for split, examples in splits.items()
        },
        data_dir=data_dir,
    )


def gray(value):
    """Every example is filled with a number of its own."""
    return np.full((20, 30, 3), value, np.uint8)


def says(value):
    return {"Young": value % 2 == 0, "Bald": value % 3 == 0}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    values = np.arange(NUM_TRAIN + NUM_TEST)
    labelled = [{"image": gray(i), "label": i % 3} for i in values]
    store(
        folder,
        "labelled",
        {"train": labelled[:NUM_TRAIN], "test": labelled[NUM_TRAIN:]},
        image=tfds.features.Image(shape=(20, 30, 3)),
        label=tfds.features.ClassLabel(num_classes=3),
    )
    many_sizes = [{"image": gray(i)[:, : 20 + i % 5]} for i in values]
    store(
        folder,
        "many_sizes",
        {"train": many_sizes},
        image=tfds.features.Image(shape=(None, None, 3)),
    )
    store(
        folder,
        "sounds",
        {"train": [{"audio": i} for i in range(20)]},
        audio=tfds.features.Scalar(np.int64),
    )
    store(
        folder,
        "faces",
        {"train": [{"image": gray(i), "attributes": says(i)} for i in values]},
        image=tfds.features.Image(shape=(20, 30, 3)),
        attributes={name: np.bool_ for name in says(0)},
    )
    store(
        folder,
        "no_train",
        {"test": labelled},
        image=tfds.features.Image(shape=(20, 30, 3)),
        label=tfds.features.ClassLabel(num_classes=3),
    )
    return folder


def load(name, data_dir, **kwargs):
    config = DataConfig(name=name, data_dir=str(data_dir), **kwargs)
    return catalog.load(config, seed=0)


def values(source, split):
    dataset = pipeline.eval_batches(
        source, split, batch_size=8, seed=0, dequantize=False
    )
    return np.concatenate([batch["x"].numpy()[:, 0, 0, 0] for batch in dataset])


@pytest.fixture(params=["memory", "stream"])
def kind(request, monkeypatch):
    if request.param == "stream":
        monkeypatch.setattr(source_lib, "MEMORY_BUDGET", 0)
        return RecordSource
    return ArraySource


def test_prepared_files_are_read_without_code(data_dir, kind):
    source = load("tfds:labelled", data_dir)
    assert isinstance(source, kind)
    assert source.spec == DataSpec((20, 30, 3), levels=256, num_classes=3)
    assert source.sizes == {
        "train": NUM_TRAIN - NUM_TRAIN // 10,
        "validation": NUM_TRAIN // 10,
        "test": NUM_TEST,
    }
    found = {split: values(source, split) for split in SPLITS}
    for split in SPLITS:
        assert len(found[split]) == source.sizes[split]
    assert sorted(np.concatenate(list(found.values()))) == list(range(50))
    assert sorted(found["test"]) == list(range(40, 50))
    batch = next(
        iter(pipeline.eval_batches(source, "train", batch_size=9, seed=0))
    )
    assert batch["label"].dtype == tf.int32
    np.testing.assert_array_equal(
        batch["label"], np.floor(batch["x"][:, 0, 0, 0]) % 3
    )


def test_attributes_of_faces(data_dir, kind):
    """CelebA's: numbers 0 and 1 in the order of their names."""
    source = load("tfds:faces", data_dir)
    assert isinstance(source, kind)
    assert source.spec == DataSpec(
        (20, 30, 3),
        levels=256,
        fields=(Field("attributes", (2,), names=("Bald", "Young")),),
    )
    batches = pipeline.train_batches(
        source, batch_size=9, seed=0, num_steps=2, dequantize=False
    )
    for batch in batches:
        value = batch["x"][..., 0, 0, 0].numpy()
        expected = np.stack([value % 3 == 0, value % 2 == 0], axis=-1)
        assert batch["attributes"].dtype == tf.float32
        np.testing.assert_array_equal(batch["attributes"], expected)


def test_memory_and_stream_are_the_same_examples(data_dir, monkeypatch):
    memory = load("tfds:labelled", data_dir)
    monkeypatch.setattr(source_lib, "MEMORY_BUDGET", 0)
    stream = load("tfds:labelled", data_dir)
    for split in SPLITS:
        np.testing.assert_array_equal(
            values(memory, split), values(stream, split)
        )


def test_training_has_every_example_once_an_epoch(data_dir, kind):
    source = load("tfds:labelled", data_dir)
    dataset = pipeline.train_batches(
        source, batch_size=9, seed=0, num_steps=8, dequantize=False
    )
    x = np.concatenate([b["x"].numpy()[:, :, 0, 0, 0] for b in dataset])
    epochs = x.reshape(2, 36)
    expected = sorted(values(source, "train"))
    assert sorted(epochs[0]) == sorted(epochs[1]) == expected
    assert (epochs[0] != epochs[1]).any()


def test_images_of_many_sizes_take_the_image_size(data_dir):
    source = load("tfds:many_sizes", data_dir, image_size=16)
    assert source.spec == DataSpec((16, 16, 3), levels=256)
    assert source.sizes == {"train": 40, "validation": 5, "test": 5}
    found = [values(source, split) for split in SPLITS]
    assert sorted(np.concatenate(found)) == list(range(50))


@pytest.mark.parametrize(
    "sizes, expected",
    [
        (
            {"train": 60000, "test": 10000},
            ("train[:55000]", "train[55000:60000]", "test"),
        ),
        (
            {"train": 1000, "validation": 300},
            ("train[:900]", "train[900:1000]", "validation"),
        ),
        (
            {"train": 1000, "validation": 300, "test": 200},
            ("train[:1000]", "validation", "test"),
        ),
        ({"train": 100}, ("train[:80]", "train[80:90]", "train[90:100]")),
    ],
)
def test_parts(sizes, expected):
    parts = tfds_source._parts("data=x", sizes)
    assert tuple(parts[split] for split in SPLITS) == expected


def pretend_prepared(builder, num_examples):
    """Writes what TFDS writes about a data set, without the data."""
    splits = [
        tfds.core.SplitInfo(
            name=split, shard_lengths=[num_examples], num_bytes=0
        )
        for split in ("train", "validation", "test")
    ]
    builder.info.set_splits(tfds.core.SplitDict(splits))
    pathlib.Path(builder.data_path).mkdir(parents=True)
    builder.info.write_to_directory(builder.data_path)


@pytest.mark.parametrize(
    "name, spec",
    [
        ("mnist", DataSpec((28, 28, 1), 256, 10)),
        ("cifar10", DataSpec((32, 32, 3), 256, 10)),
        ("celeb_a", DataSpec((64, 64, 3), 256)),
        ("lsun/tower", DataSpec((64, 64, 3), 256)),
    ],
)
def test_mocked_data_sets(name, spec, tmp_path):
    pretend_prepared(tfds.builder(name, data_dir=tmp_path), 12)
    with tfds.testing.mock_data(num_examples=12, data_dir=tmp_path):
        source = load(name, tmp_path)
        assert dataclasses.replace(source.spec, fields=()) == spec
        shapes = {field.name: field.shape for field in source.spec.fields}
        assert shapes == ({"attributes": (40,)} if name == "celeb_a" else {})
        dataset = pipeline.train_batches(
            source, batch_size=4, seed=0, num_steps=2, steps_per_call=2
        )
        (batch,) = dataset
    assert batch["x"].shape == (2, 4, *spec.shape)
    assert ("label" in batch) == (spec.num_classes > 0)
    assert 0 <= batch["x"].numpy().min() < batch["x"].numpy().max() < 256


@pytest.mark.parametrize("size", [32, 64])
def test_downsampled_imagenet_stays_as_it_is(size, tmp_path):
    builder = tfds.builder(
        f"downsampled_imagenet/{size}x{size}", data_dir=tmp_path
    )
    # An `image_size` or a `short_side` is for images of many sizes.
    config = DataConfig(builder.name, image_size=8, short_side=16)
    recipe = tfds_source._recipe(builder, (None, None, 3), config)
    image = tf.constant(ramp(size, size))
    x = tfds_source._prepare(image, recipe, tf.constant([0.9, 0.9]))
    np.testing.assert_array_equal(x, image)


def ramp(height, width):
    """Each pixel holds its own place: (row, column, 0)."""
    row, column = np.mgrid[:height, :width]
    return np.stack([row, column, 0 * row], axis=2).astype(np.uint8)


def test_celeb_a_recipe():
    x = tfds_source._prepare(
        tf.constant(ramp(218, 178)),
        tfds_source.RECIPES["celeb_a"],
        tf.constant([0.9, 0.9]),
    ).numpy()
    assert x.shape == (64, 64, 3)
    # The centre 148 x 148 starts at row 35 and column 15; a new pixel is the
    # mean of 148 / 64 old ones, whose centres are at 0.5, 1.5, ….
    scale = 148 / 64
    expected = (np.arange(64) + 0.5) * scale - 0.5
    np.testing.assert_allclose(x[:, 5, 0], 35 + expected, atol=0.76)
    np.testing.assert_allclose(x[5, :, 1], 15 + expected, atol=0.76)


def test_lsun_recipe_cuts_anywhere():
    recipe = tfds_source.RECIPES["lsun"]
    image = tf.constant(ramp(192, 240))  # to 96 x 120

    def corner(place):
        x = tfds_source._prepare(image, recipe, tf.constant(place)).numpy()
        assert x.shape == (64, 64, 3)
        # A new pixel is the mean of two old ones.
        return tuple(int(v) // 2 for v in x[0, 0, :2])

    assert corner([0.0, 0.0]) == (0, 0)
    assert corner([0.5, 0.5]) == (16, 28)
    assert corner([0.99999, 0.99999]) == (32, 56)


def ramps(data_dir, name, height, width):
    """Stores 20 equal images, as ones of many sizes."""
    store(
        data_dir,
        name,
        {"train": [{"image": ramp(height, width)}] * 20},
        image=tfds.features.Image(shape=(None, None, 3)),
    )


def first_pixels(source):
    """Row and column, [N, 2], of 48 training images' upper left pixel."""
    dataset = pipeline.train_batches(
        source, batch_size=4, seed=0, num_steps=12, dequantize=False
    )
    x = np.concatenate([batch["x"].numpy()[0] for batch in dataset])
    return x[:, 0, 0, :2]


def test_whole_images_instead_of_the_recipes_crops(data_dir, monkeypatch):
    """LSUN's recipe at the square's own size: 192 x 240, to 64 x 80."""
    monkeypatch.setitem(
        tfds_source.RECIPES, "like_lsun", tfds_source.RECIPES["lsun"]
    )
    ramps(data_dir, "like_lsun", 192, 240)
    crops = load("tfds:like_lsun", data_dir)
    assert len(np.unique(first_pixels(crops), axis=0)) > 20
    whole = load("tfds:like_lsun", data_dir, short_side=64)
    assert whole.spec == crops.spec == DataSpec((64, 64, 3), levels=256)
    # A new pixel is the mean of three old ones: of rows 0 to 2 and, in the
    # centre of 80, of columns 24 to 26.
    assert (first_pixels(whole) == [1, 25]).all()
    (x,) = np.unique(whole.splits["test"]["x"], axis=0)
    np.testing.assert_array_equal(x[:, 0, 0], 3 * np.arange(64) + 1)
    np.testing.assert_array_equal(x[0, :, 1], 3 * np.arange(64) + 25)


def test_crops_of_images_without_a_recipe(data_dir):
    """BiGAN's ImageNet in small: 18 x 36, to 9 x 18, of which 8 x 8 are cut."""
    ramps(data_dir, "wide", 18, 36)
    source = load("tfds:wide", data_dir, image_size=8, short_side=9)
    assert source.spec.shape == (8, 8, 3)
    rows, columns = (first_pixels(source) // 2).T
    assert set(rows) == {0, 1}
    assert (columns.min(), columns.max()) == (0, 10)
    # The centre in evaluation: row 0.5 of {0, 1} and column 5 of {0, ..., 10}.
    dataset = pipeline.eval_batches(
        source, "test", batch_size=2, seed=0, dequantize=False
    )
    x = next(iter(dataset))["x"].numpy()[:, 0, 0, :2]
    assert (x // 2 == [1, 5]).all()


def test_a_short_side_that_is_too_short(data_dir):
    with pytest.raises(UserError) as error:
        load("tfds:many_sizes", data_dir, image_size=16, short_side=15)
    assert str(error.value) == (
        "data.short_side=15: expected 0, or at least the 16 pixels of the"
        " square that is cut."
    )


def test_random_crops_resume_and_stay_out_of_evaluation(data_dir, monkeypatch):
    recipe = tfds_source.Recipe(size=8, random=True)
    monkeypatch.setitem(tfds_source.RECIPES, "ramps", recipe)
    ramps(data_dir, "ramps", 20, 20)
    source = load("tfds:ramps", data_dir)
    assert isinstance(source, RecordSource)

    def corners(start_step):
        dataset = pipeline.train_batches(
            source,
            batch_size=5,
            seed=0,
            start_step=start_step,
            num_steps=12,
            dequantize=False,
        )
        return np.concatenate([b["x"].numpy()[:, :, 0, 0] for b in dataset])

    whole = corners(0)
    np.testing.assert_array_equal(whole[5:], corners(5))
    assert len(np.unique(whole.reshape(-1, 3), axis=0)) > 30
    assert (whole[..., :2].min(), whole[..., :2].max()) == (0, 12)
    assert set(values(source, "train")) == {6}


def test_streamed_order_resumes_within_an_epoch(data_dir, monkeypatch):
    monkeypatch.setattr(source_lib, "MEMORY_BUDGET", 0)
    source = load("tfds:labelled", data_dir)

    def run(start_step):
        dataset = pipeline.train_batches(
            source,
            batch_size=5,
            seed=0,
            start_step=start_step,
            num_steps=20,
            flip=True,
        )
        return np.concatenate([b["x"].numpy() for b in dataset])

    whole = run(0)
    for start_step in (3, 9):
        np.testing.assert_array_equal(whole[start_step:], run(start_step))


@pytest.mark.parametrize(
    "name, message",
    [
        (
            "tfds:no_such_set",
            r"data=tfds:no_such_set: .* has no 'no_such_set'",
        ),
        ("tfds:", r"data=tfds:: .* has no ''"),
        ("tfds:lsun/nowhere", r"has no 'lsun/nowhere'"),
        (
            "lsun/tower",
            r"data=lsun/tower: not found in .*`tfds build lsun/tower"
            r" --data_dir=.*`, or add data\.download=true",
        ),
        (
            "tfds:sounds",
            r"data=tfds:sounds: .*'image'.*got the features audio",
        ),
        ("tfds:no_train", r"split 'train' .*got the splits test \(50\)"),
    ],
)
def test_errors(name, message, data_dir):
    with pytest.raises(UserError, match=message) as error:
        load(name, data_dir)
    assert "\n" not in str(error.value)


def test_download_that_fails(tmp_path, monkeypatch):
    def fail(self):
        raise OSError("no route to host\nsecond line")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(
        UserError, match=r"data=mnist: could not be .* no route to host$"
    ):
        load("mnist", tmp_path, download=True)


def test_download_happens_when_asked_for(tmp_path, monkeypatch):
    with (
        tfds.testing.mock_data(num_examples=12, data_dir=tmp_path),
        # Undone first: what was there is the mock's.
        monkeypatch.context() as patch,
    ):
        patch.setattr(
            tfds.core.DatasetBuilder,
            "download_and_prepare",
            lambda builder: pretend_prepared(builder, 12),
        )
        source = load("mnist", tmp_path, download=True)
    assert source.sizes == {"train": 12, "validation": 12, "test": 12}


@pytest.fixture
def damaged(data_dir, tmp_path):
    """A copy of the labelled data in which a record of train is damaged."""
    shutil.copytree(data_dir / "labelled", tmp_path / "labelled")
    (path,) = tmp_path.glob("labelled/1.0.0/*-train.tfrecord*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    return tmp_path


@pytest.fixture
def undecodable(tmp_path):
    """20 examples, the image of one of which is no PNG file."""
    image = tfds.features.Image(shape=(20, 30, 3))
    images = [{"image": gray(i)} for i in range(20)]
    store(tmp_path, "labelled", {"train": images}, image=image)
    (path,) = tmp_path.glob("labelled/1.0.0/*-train.tfrecord*")
    records = [r.numpy() for r in tf.data.TFRecordDataset(str(path))]
    records[3] = records[3].replace(b"\x89PNG", b"\x89PNX")
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    return tmp_path


def test_a_damaged_record_is_named_with_its_data(damaged):
    with pytest.raises(
        UserError,
        match=r"^data=tfds:labelled: damaged \(.*corrupted record at .*\); "
        r"prepare it again, or skip such .* data\.skip_bad_records=true\.$",
    ):
        load("tfds:labelled", damaged)


def test_an_image_that_is_none_is_named_with_its_data(undecodable):
    with pytest.raises(UserError, match=r"^data=tfds:labelled: damaged \("):
        load("tfds:labelled", undecodable)


@pytest.mark.parametrize("fault", ["damaged", "undecodable"])
def test_bad_records_are_skipped_and_counted(fault, kind, request, caplog):
    data_dir = request.getfixturevalue(fault)
    source = load("tfds:labelled", data_dir, skip_bad_records=True)
    assert isinstance(source, kind)
    found = [values(source, split) for split in SPLITS]
    assert [len(v) for v in found] == list(source.sizes.values())
    seen = np.concatenate(found).tolist()
    assert len(set(seen)) == len(seen)
    (line,) = [m for m in caplog.messages if ": read " in m]
    if fault == "damaged":
        # What follows in the file is lost.
        assert 25 < len(seen) < 50
        assert f"; skipped {50 - len(seen)} of 50 records, such as" in line
        assert "corrupted record at" in line
    else:
        assert len(seen) == 19
        assert "; skipped 1 of 20 records, such as train: " in line


def test_streamed_damage_is_named_while_training(
    damaged, monkeypatch, tmp_path
):
    monkeypatch.setattr(source_lib, "MEMORY_BUDGET", 0)
    settings = [f"data.data_dir={damaged}", "batch_size=4", "steps=40"]
    name = "tfds:labelled"
    run = Run.start(tmp_path / "run", "real_nvp", "tiny", name, settings)
    with pytest.raises(UserError, match="^data=tfds:labelled: damaged"):
        run.train(make_strategy("cpu"))


@pytest.mark.parametrize(
    "use",
    [
        lambda run: run.train(make_strategy("cpu")),
        lambda run: run.tune(make_strategy("cpu")),
        ArrayRun.evaluate,
        ArrayRun.draw,
        lambda run: run.write_samples("x.npz"),
        export_run,
    ],
)
def test_whatever_reads_data_names_the_damage(use, tmp_path):
    """Drawing and exporting, too, which read them after the training."""

    class Damaged:
        data = DataConfig("tfds:labelled")

        def __getattr__(self, name):
            raise tf.errors.DataLossError(None, None, "corrupted record")

    with pytest.raises(UserError, match="^data=tfds:labelled: damaged .corr"):
        use(ArrayRun(tmp_path / "run", Damaged()))


def test_one_line_says_what_was_read(data_dir, kind, caplog):
    load("tfds:labelled", data_dir)
    assert (
        "tfds:labelled: read 50 images of 3 classes: 36 train, 4 validation, 10"
        " test."
    ) in caplog.messages
