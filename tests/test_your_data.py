"""The commands of docs/your_data.md, in its order, on small files."""

import pathlib
import re
import shlex

import numpy as np
import pytest
from PIL import Image

from tests.apps.command import run_here
from tests.export.in_process import in_process
from tfgen.evaluate.classifier import Classifier
from tfgen.measures import samples

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "your_data.md"
# Briefly.
SHORT = ("--preset=tiny", "--steps=4")


def write_files(folder, random):
    for name in ("cats", "dogs"):
        (folder / "photos" / name).mkdir(parents=True)
    maps, views = folder / "maps", folder / "views"
    maps.mkdir()
    views.mkdir()
    for i in range(60):
        x = random.integers(256, size=(8, 8)).astype(np.uint8)
        name = ("cats", "dogs")[i % 2]
        Image.fromarray(x).save(folder / f"photos/{name}/{i}.png")
        Image.fromarray(255 - x).resize((9, 9)).save(maps / f"{i}.bmp")
        Image.fromarray(x).resize((9, 9)).save(views / f"{i}.png")
    rows = [
        f"{a:.4f},{b:.4f},{'rs'[i % 2]}"
        for i, (a, b) in enumerate(random.normal(size=(200, 2)))
    ]
    lines = ["height,width,kind", *rows]
    (folder / "mine.csv").write_text("\n".join(lines) + "\n")
    pairs = [
        f"Dog {i} runs.,{'It runs.' if i % 2 else 'It sleeps.'},"
        f"{'yes' if i % 2 else 'no'}"
        for i in range(60)
    ]
    lines = ["premise,hypothesis,label", *pairs]
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n")
    new = ["premise,hypothesis", *(p.rpartition(",")[0] for p in pairs[:3])]
    (folder / "new.csv").write_text("\n".join(new) + "\n")
    np.save(folder / "mine.npy", random.normal(size=(200, 2)))
    film = random.integers(256, size=(64, 8, 8, 3)).astype(np.uint8)
    np.save(folder / "film.npy", film)


def blocks(kind):
    """The code of the blocks of a language, but for those that are not run."""
    block = rf"(?<! -->\n)```{kind}\n(.*?)```"
    return re.findall(block, PAGE.read_text(), flags=re.S)


def untrained(train, validation, num_classes, levels, progress):
    """A classifier: what it says of samples is not looked at here."""
    return Classifier(train["x"].shape[1:], num_classes, levels)


@pytest.mark.slow
def test_the_commands_run(tmp_path, monkeypatch):
    write_files(tmp_path, np.random.default_rng(0))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(samples, "train_classifier", untrained)
    exec(blocks("python")[0], {})  # writes film.npz
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) == 21
    for command in commands:
        python, _, module, *arguments = shlex.split(command)
        assert python == "python"
        if module == "apps.train" or "--mode=train" in arguments:
            arguments += SHORT
            if "--workdir=runs/density" in arguments:  # a Real NVP
                arguments += [
                    "--set=network.scales=1",
                    "--set=network.blocks=0",
                ]
        if module == "apps.export" and "quantize" not in command:
            arguments += ["--quantize=float32"]
        with in_process():
            code, out, error = run_here(module, *arguments)
        assert code == 0, (command, out, error)
    runs = tmp_path / "runs"
    assert len(list((runs / "new_photos").rglob("*.png"))) == 20
    assert len(list((runs / "translated").rglob("*.png"))) == 60
    assert len(list((runs / "next").rglob("*.png"))) == 60
    assert len((runs / "scores.csv").read_text().splitlines()) == 61
    rows = (runs / "table/samples/samples.csv").read_text().splitlines()
    assert (rows[0], len(rows)) == ("height,width", 101)
    assert len(list((runs / "photos/export/tflite").rglob("*.tflite"))) == 2
    served = (tmp_path / "serving/models").rglob("saved_model.pb")
    names = {path.parts[-3] for path in served}
    assert names == {"pix2pix", "real_nvp"}
    labels = (runs / "labels.csv").read_text().splitlines()
    assert len(labels) == 4
    assert "yes" in labels[0] + labels[1]


@pytest.mark.slow
def test_the_python_runs(tmp_path, monkeypatch):
    _, code = blocks("python")
    write_files(tmp_path, np.random.default_rng(0))
    monkeypatch.chdir(tmp_path)
    short = code.replace("steps=500", 'steps=4, preset="tiny"')
    assert short != code
    names = {}
    with in_process():
        exec(short, names)
    assert names["new"].shape == (10, 2)
    assert names["z"].shape == (5, 2)
