"""Settings of data that these do not read are refused; which they read."""

import dataclasses
import pathlib
import re

import pytest

from tests.apps import command
from tfgen import choice
from tfgen.data import catalog, two_folders
from tfgen.data.prepare import prepare
from tfgen.data.settings import DataConfig, TwoDomainDataConfig
from tfgen.errors import UserError
from tfgen.nli import catalog as pairs
from tfgen.nli.settings import NliDataConfig

ROOT = pathlib.Path(two_folders.__file__).parents[1]
# Kind of data -> files that read it, and what they read.
FILES = {
    "moons": "data/toys",
    "mixed_sources_2": "data/mixed_sources",
    "scenes": "data/scenes",
    "sprites": "data/sprites",
    "dsprites:": "data/dsprites",
    "csv:": "data/table_source",
    "records:": "data/records",
    "image_folder:": "data/image_folder data/folder",
    "paired:": "data/two_folders data/folder",
    "uci:": "data/uci",
    "mnist": "data/tfds_source",
}
PAIR_FILES = {
    "nli_grammar": "",
    "snli": "nli/snli",
    "pairs": "nli/table",
    "tfds": "nli/tfds_snli",
    "records": "nli/records",
}


def settings_in(files, kind):
    """The settings that these files read by their names."""
    texts = [(ROOT / f"{name}.py").read_text() for name in files.split()]
    found = set(re.findall(r"\bconfig\.(\w+)\b", " ".join(texts)))
    return found & {field.name for field in dataclasses.fields(kind)} - {"name"}


@pytest.mark.parametrize("kind", FILES)
def test_what_is_read_is_listed(kind):
    found = settings_in(FILES[kind], TwoDomainDataConfig)
    assert found <= {*TwoDomainDataConfig(kind).read}


@pytest.mark.parametrize("kind", PAIR_FILES)
def test_what_is_read_of_pairs_is_listed(kind):
    assert settings_in(PAIR_FILES[kind], NliDataConfig) <= {*pairs.READ[kind]}


def test_what_is_listed_is_a_setting():
    known = {field.name for field in dataclasses.fields(TwoDomainDataConfig)}
    for name in catalog.READ:
        assert {*catalog.read_for(name)} <= known
    known = {field.name for field in dataclasses.fields(NliDataConfig)}
    assert {*sum(pairs.READ.values(), ())} <= known


@pytest.mark.parametrize(
    "name, setting",
    [
        ("moons", "data_dir=/x"),
        ("moons", "image_size=64"),
        ("moons", "columns=a,b"),
        ("moons", "background=black"),
        ("rings", "flip=true"),
        ("digits", "image_size=64"),
        ("npz:x.npz", "label_column=kind"),
        ("csv:t.csv", "image_size=64"),
        ("image_folder:x", "download=true"),
    ],
)
@pytest.mark.parametrize("preset", ["auto", "tiny"])
def test_a_setting_without_use(name, setting, preset):
    why = f"data.{setting.partition('=')[0]}=.*: "
    with pytest.raises(UserError, match=f"^{why}data={name} has no use for it"):
        choice.choose("real_nvp", preset, name, [f"data.{setting}"])


def test_presets_may_say_what_is_not_read():
    """And a setting that stays as it was is none that was given."""
    assert choice.choose("gan", "tiny", "rings", ["data.flip=false"])


def test_records_of_data_without_use(tmp_path):
    with pytest.raises(UserError, match="data.download=True: data=moons has"):
        prepare(DataConfig("moons", download=True), 0, tmp_path / "x")


def test_flags_are_named(tmp_path):
    where = f"--workdir={tmp_path}/run"
    code, _, error = command.run_here(
        "apps.train", "--data=moons", "--download", where
    )
    assert code == 2
    assert error == [
        "error: --download=True: --data=moons has no use for it; leave it out."
    ]
    code, _, error = command.run_here(
        "apps.snli",
        "--mode=predict",
        "--premise=a",
        "--hypothesis=b",
        "--skip_bad_records",
        where,
    )
    assert code == 2
    assert error[-1].endswith("--skip_bad_records: only with --input.")
