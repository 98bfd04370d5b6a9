import shutil

import pytest
import tensorflow_datasets as tfds

from tfgen.errors import UserError
from tfgen.nli import catalog, tfds_snli
from tfgen.nli.pairs import LABELS
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.tokenizer import tokenize


def opened(name, data_dir, download):
    config = NliDataConfig(data_dir=data_dir, download=download)
    return tfds_snli.tfds_pairs(name, config)


EXAMPLES = [
    {"premise": f"A dog {i}.", "hypothesis": "Ünï.", "label": i % 4 - 1}
    for i in range(12)
]


def store(
    data_dir, name, names, examples, splits=("train", "validation", "test")
):
    tfds.dataset_builders.store_as_tfds_dataset(
        name=name,
        version="1.0.0",
        features=tfds.features.FeaturesDict(
            {
                "premise": tfds.features.Text(),
                "hypothesis": tfds.features.Text(),
                "label": tfds.features.ClassLabel(names=names),
            }
        ),
        split_datasets={split: list(enumerate(examples)) for split in splits},
        data_dir=data_dir,
    )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tfds")
    store(folder, "like_snli", list(LABELS), EXAMPLES)
    labelled = [e for e in EXAMPLES if e["label"] >= 0]
    store(folder, "turned", list(LABELS)[::-1], labelled)
    store(folder, "two", ["yes", "no"], labelled[:2])
    store(folder, "one", ["yes"], labelled[:1])
    store(folder, "one_split", list(LABELS), labelled, ("train",))
    return folder


def test_prepared_files(data_dir):
    source = opened("like_snli", str(data_dir), False)
    for split in ("train", "validation", "test"):
        pairs = list(source.read(split))
        assert len(pairs) == 9
        expected = {
            (e["premise"], e["hypothesis"], LABELS[e["label"]])
            for e in EXAMPLES
            if e["label"] >= 0
        }
        assert {tuple(p) for p in pairs} == expected
        assert list(source.read(split)) == pairs


def test_a_damaged_record_is_named_with_its_data(data_dir, tmp_path):
    shutil.copytree(data_dir / "like_snli", tmp_path / "like_snli")
    (path,) = tmp_path.glob("like_snli/1.0.0/*-train.tfrecord*")
    path.write_bytes(path.read_bytes()[:-9])
    source = opened("like_snli", str(tmp_path), False)
    with pytest.raises(
        UserError, match=r"^data=tfds:like_snli: damaged \(.*prepare it again.$"
    ):
        list(source.read("train"))


def test_labels_go_by_name(data_dir):
    pairs = opened("turned", str(data_dir), False).read("train")
    for pair in pairs:
        i = int(pair.premise.removesuffix(".").split()[-1])
        assert pair.label == LABELS[::-1][i % 4 - 1]


def test_any_labels(data_dir):
    source = opened("two", str(data_dir), False)
    assert source.labels == ("no", "yes")
    labels = {p.premise: p.label for p in source.read("train")}
    assert labels == {"A dog 1.": "yes", "A dog 2.": "no"}


def test_mocked_snli(tmp_path):
    builder = tfds.builder("snli", data_dir=tmp_path)
    splits = [
        tfds.core.SplitInfo(name=s, shard_lengths=[7], num_bytes=0)
        for s in ("train", "validation", "test")
    ]
    builder.info.set_splits(tfds.core.SplitDict(splits))
    tmp_path.joinpath(builder.data_path).mkdir(parents=True)
    builder.info.write_to_directory(builder.data_path)
    with tfds.testing.mock_data(num_examples=7, data_dir=tmp_path):
        source = catalog.pair_source(
            NliDataConfig(name="tfds:snli", data_dir=str(tmp_path)), seed=0
        )
        assert source.tokenize is tokenize
        assert len(list(source.read("train"))) == 7


def test_errors(data_dir, tmp_path):
    with pytest.raises(UserError, match="tfds:nonesuch: .* has no 'nonesuch'"):
        opened("nonesuch", str(tmp_path), False)
    with pytest.raises(
        UserError, match=r"tfds:snli: not found .* data.download=true"
    ):
        opened("snli", str(tmp_path), False)
    with pytest.raises(UserError, match="tfds:one: expected the features"):
        opened("one", str(data_dir), False)
    with pytest.raises(UserError, match="expected a split 'validation'"):
        opened("one_split", str(data_dir), False)


def test_failed_download(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError("no network\nat all")

    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    with pytest.raises(UserError, match="OSError: no network$"):
        opened("snli", str(tmp_path), True)
