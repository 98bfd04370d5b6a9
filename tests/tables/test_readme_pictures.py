import json
import pathlib
import re

import pytest

from tests.apps import command
from tfgen import config, registry, saved_config
from tfgen.errors import UserError
from tfgen.run import Run
from tfgen.tables import overview, readme_pictures, run_commands


def run_at(folder, *settings, model="gan", preset="digits_labels", steps=0):
    """The folder of a run that has drawn a picture."""
    run = Run.start(folder, model, preset, None, settings)
    saved_config.write(folder, run.config)
    (folder / "metrics.jsonl").write_text(json.dumps({"step": steps}))
    (folder / "samples").mkdir()
    (folder / "samples/samples.png").write_text(folder.name)


def test_each_picture_of_the_readme_has_an_entry():
    readme = pathlib.Path("README.md").read_text()
    linked = set(re.findall(r"docs/images/([\w.]+)", readme))
    p = readme_pictures
    assert linked == {*p.OF_RUNS, *p.OF_TABLES}
    for picture in p.OF_RUNS.values():
        presets = registry.MODELS[picture.model].presets
        assert picture.preset in (*presets, config.AUTO)


def test_a_run_as_the_preset_is_copied(tmp_path):
    images, runs = tmp_path / "images", tmp_path / "runs"
    with pytest.raises(UserError, match="images: expected a folder"):
        readme_pictures.copy([], [runs], images)
    images.mkdir()
    run_at(runs / "right")
    run_at(runs / "brief", "train.steps=5")
    run_at(runs / "other", "network.latent=9")
    (runs / "ebgan_grid.png").write_text("grid")
    rows = overview.find([runs])
    copied, missing = readme_pictures.copy(rows, [runs], images)
    pictures = {*readme_pictures.OF_RUNS, *readme_pictures.OF_TABLES}
    assert len(copied) == 2 and len(missing) == len(pictures) - 2
    assert (images / "gan_labels.png").read_text() == "right"
    assert (images / "ebgan_grid.png").read_text() == "grid"
    assert (
        "wgan.png: no run yet; python -m apps.run --model=wgan --preset=digits"
        " --data=digits --workdir=runs/wgan-digits"
    ) in missing


def test_commands_make_the_same_run(tmp_path):
    settings = ["network.generator=8,4", "network.leak=0.1", "train.steps=7"]
    run_at(tmp_path / "a b", *settings, "train.seed=3")
    (row,) = overview.find([tmp_path])
    first, *others = run_commands.commands(row)
    assert first == (
        "python -m apps.train --model=gan --preset=digits_labels --data=digits"
        " --set=network.generator=8,4 --set=network.leak=0.1 --steps=7 --seed=3"
        f" --workdir='{tmp_path}/a b'"
    )
    assert [line.split()[2] for line in others] == [
        "apps.evaluate",
        "apps.sample",
        "apps.export",
    ]


def test_the_app_says_what_has_no_run(tmp_path):
    run_at(tmp_path / "runs/a")
    (tmp_path / "images").mkdir()
    code, out, err = command.run_here(
        "apps.gallery",
        f"--folder={tmp_path}/runs",
        f"--output={tmp_path}/out",
        f"--pictures={tmp_path}/images",
    )
    assert code == 0, err
    assert any(
        line.startswith("dcgan.png: no run yet; python -m") for line in out
    )
