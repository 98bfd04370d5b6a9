"""Sentence pairs, written as records and read again."""

import json
import shutil

import numpy as np
import pytest

from tests.apps import command
from tests.nli.write_snli import write
from tfgen.config import TrainConfig
from tfgen.data import catalog, prepare, records
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError
from tfgen.nli.settings import NliDataConfig

TRAIN = TrainConfig(batch_size=4, steps=6, steps_per_call=3)


def table(folder):
    """A file of 40 premises, with text that is easily broken."""
    rows = [
        {
            "premise": f"Nº {i}: it \ud800 rains,\n\0 hard.",
            "hypothesis": "Wet." * (i % 3),
            "label": "yes" if i % 2 else "no",
        }
        for i in range(40)
    ]
    path = folder / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return NliDataConfig(f"pairs:{path}")


def same(a, b):
    """Words, labels, examples and batches."""
    assert a.spec == b.spec
    for split in ("train", "validation", "test"):
        assert a.digest(split) == b.digest(split)
    batches = (data.train_batches(TRAIN, {}) for data in (a, b))
    for one, other in zip(*batches, strict=True):
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name])


@pytest.mark.parametrize("tokens", ["parse", "text"])
def test_pairs_are_those_of_their_source(tmp_path, tokens):
    write(tmp_path / "snli", {"train": 50, "dev": 20, "test": 10})
    for config in (
        NliDataConfig(f"snli:{tmp_path}/snli", tokens=tokens),
        table(tmp_path),
    ):
        folder = tmp_path / config.name.partition(":")[0] / "records"
        contents = prepare.prepare(config, 0, folder, examples=7)
        read = NliDataConfig(f"records:{folder}")
        same(config.load(0), read.load(0))
        again = prepare.prepare(read, 0, tmp_path / f"{folder.name}-again")
        assert again.digest == contents.digest
        shutil.rmtree(tmp_path / f"{folder.name}-again")


def test_it_goes_on_and_is_not_mixed_up(tmp_path):
    config, folder = table(tmp_path), tmp_path / "records"
    prepare.prepare(config, 0, folder, 7)
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    shards = sorted(folder.glob("train-*"))
    shards[1].unlink()
    read = NliDataConfig(f"records:{folder}")
    with pytest.raises(UserError, match=f"{shards[1].name} is missing"):
        read.load(0)
    prepare.prepare(config, 0, folder, 7)
    assert {path: path.read_bytes() for path in folder.iterdir()} == whole
    content = shards[0].read_bytes()
    shards[0].write_bytes(content[:40] + b"\0\1" + content[42:])
    with pytest.raises(UserError, match="damaged .*; prepare it again"):
        read.load(0)
    with pytest.raises(UserError, match="^data.skip_bad_records: what is bad"):
        NliDataConfig(f"records:{folder}", skip_bad_records=True).load(0)


def test_models_of_another_kind_of_data_say_so(tmp_path):
    prepare.prepare(table(tmp_path), 0, tmp_path / "pairs")
    prepare.prepare(DataConfig("moons"), 0, tmp_path / "moons")
    with pytest.raises(UserError, match=r"holds text, of pairs:.*; expected i"):
        catalog.load(DataConfig(f"records:{tmp_path}/pairs"), 0)
    with pytest.raises(UserError, match="holds x, label, of moons; expected"):
        NliDataConfig(f"records:{tmp_path}/moons").load(0)


def test_a_model_trains_on_records(tmp_path):
    """With the app, from a file of pairs to a trained model."""
    config, folder = table(tmp_path), tmp_path / "records"
    code, out, error = command.run_here(
        "apps.prepare", f"--data={config.name}", f"--output={folder}"
    )
    assert code == 0, error
    assert out[0].startswith("train: ") and "digest " in out[-1]
    code, out, error = command.run_here(
        "apps.train",
        "--model=inner_attention",
        "--preset=tiny",
        f"--data=records:{folder}",
        "--batch_size=4",
        "--steps=2",
        f"--workdir={tmp_path}/run",
    )
    assert code == 0, error
    code, _, error = command.run_here(
        "apps.prepare",
        f"--data={config.name}",
        f"--output={folder}",
        "--set=glove=x",
    )
    assert code == 2 and "data.glove: says how to train" in error[-1]


def test_text_is_written_as_it_is():
    text = "a \ud800 b"
    assert records.encoded_text(text).decode(errors="surrogatepass") == text
