"""A picture for each picture, and what was there stays."""

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

import tfgen
from tests.apps import command
from tfgen.errors import UserError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A workdir alone: there is no data set to load."""
    workdir = tmp_path_factory.mktemp("pairs")
    tfgen.fit("pix2pix", workdir=workdir, preset="tiny", steps=2)
    return tfgen.load(workdir)


@pytest.fixture
def x(run):
    random = np.random.default_rng(0)
    return random.integers(0, 17, (3, 8, 8, 1)).astype(np.float32)


def save(x, path):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.uint8(np.round(x[..., 0] * (255 / 16)))).save(path)


def shades(path):
    return np.asarray(Image.open(path))


def test_the_app_writes_what_the_model_makes(run, x, tmp_path):
    """Under the names of the inputs; no two files become one."""
    folder, output = tmp_path / "in", tmp_path / "out"
    save(x[0], folder / "a.png")
    save(x[1], folder / "a.bmp")
    save(x[2], folder / "below" / "c.png")
    (folder / "bad.png").write_bytes(b"no picture")
    code, out, error = command.run_here(
        "apps.translate",
        f"--workdir={run.workdir}",
        f"--input={folder}",
        f"--output={output}",
    )
    assert (code, out) == (0, [])
    assert error[-1] == (
        f"{output}: 3 pictures; 1 bad inputs: {output / 'bad.csv'} says why"
    )
    expected = np.round(run.translate(x[[1, 0, 2]])) * (255 / 16)
    files = ["a.png", "a.png.png", "below/c.png"]
    for file, picture in zip(files, expected):
        np.testing.assert_allclose(
            shades(output / file), picture[..., 0], atol=0.5
        )
    with open(output / "bad.csv", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["input"] == str(folder / "bad.png")
    assert row["reason"].startswith("not a readable image")
    assert len([p for p in output.rglob("*") if p.is_file()]) == 4
    assert "data" not in vars(run)


def test_rows_of_arrays_are_pictures(run, x, tmp_path):
    np.savez(tmp_path / "x.npz", x=x)
    found = run.write_translations(tmp_path / "x.npz", tmp_path / "out")
    assert (found.done, found.bad) == (3, {})
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [f"x.npz#{i}.png" for i in range(3)]


def test_pictures_keep_their_own_size(run, tmp_path, caplog):
    """The network takes multiples of 8, and sees mirror images up to them."""
    random = np.random.default_rng(0)
    shapes = [(8, 8), (9, 20), (16, 24)]
    pictures = [random.integers(0, 17, (*s, 1)) for s in shapes]
    for i, picture in enumerate(pictures):
        save(picture, tmp_path / "in" / f"{i}.png")
    code, _, error = command.run_here(
        "apps.translate",
        f"--workdir={run.workdir}",
        f"--input={tmp_path / 'in'}",
        f"--output={tmp_path / 'out'}",
        "--size=own",
    )
    assert (code, error) == (0, [f"{tmp_path / 'out'}: 3 pictures"])
    assert "3 images, each in its own size" in caplog.text
    for i, picture in enumerate(pictures):
        height, width = picture.shape[:2]
        edges = [(0, -height % 8), (0, -width % 8), (0, 0)]
        whole = np.pad(picture, edges, "symmetric")[None]
        y = run.model.translate(np.float32(whole))[0, :height, :width, 0]
        found = shades(tmp_path / "out" / f"{i}.png")
        assert found.shape == (height, width)
        np.testing.assert_allclose(found, np.round(y) * (255 / 16), atol=0.5)


def test_a_model_of_one_size_says_so(run, x, tmp_path, monkeypatch):
    monkeypatch.setattr(run.model, "other_sides", None)
    save(x[0], tmp_path / "in" / "a.png")
    folders = tmp_path / "in", tmp_path / "out"
    with pytest.raises(
        UserError, match="size=own: pix2pix takes.* 8 x 8 alone"
    ):
        run.write_translations(*folders, size="own")
    with pytest.raises(UserError, match=r"x: examples of shape \(8, 9, 1\)"):
        run.translate(np.zeros((1, 8, 9, 1)))


@pytest.mark.parametrize("inputs, output", [("in", "in"), ("in", "in/out")])
@pytest.mark.parametrize("whole", [True, False])
def test_no_input_is_overwritten(run, x, tmp_path, inputs, output, whole):
    save(x[0], tmp_path / "in" / "a.png")
    before = (tmp_path / "in" / "a.png").read_bytes()
    path = tmp_path / inputs
    if not whole:
        path, output = path / "a.png", "in"
    with pytest.raises(UserError, match="expected a folder apart"):
        run.write_translations(path, tmp_path / output)
    assert (tmp_path / "in" / "a.png").read_bytes() == before
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["a.png"]


def test_most_inputs_must_be_good(run, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"no picture")
    found = run.write_translations(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UserError, match="0 pictures; 1 bad.*most to be good"):
        found.text()


def test_what_a_model_cannot_do(run, x, tmp_path):
    with pytest.raises(UserError, match="direction=back: pix2pix has no"):
        run.write_translations(tmp_path, tmp_path / "out", "back")
    with pytest.raises(UserError, match="direction=up"):
        run.write_translations(tmp_path, tmp_path / "out", "up")
    with pytest.raises(UserError, match=r"x: examples of shape \(8, 8, 3\)"):
        run.translate(np.zeros((1, 8, 8, 3)))
    with pytest.raises(UserError, match="size=mine"):
        run.write_translations(tmp_path, tmp_path / "out", size="mine")
    shutil.rmtree(tmp_path)


def test_noise_has_a_seed(run, x):
    none, one, again, other = (run.translate(x, s) for s in (None, 1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.max(np.abs(one - other)) > 1e-3
    assert np.max(np.abs(one - none)) > 1e-3
    assert none.shape == (3, 8, 8, 1)


def test_files_have_the_noise_of_a_seed(run, x, tmp_path):
    """Each its own, over several inputs; another seed makes others."""
    files = [tmp_path / "in" / f"{name}.png" for name in "abc"]
    for file in files:
        save(x[0], file)
    pictures = {}
    for seed in (None, 3, 4):
        output = tmp_path / f"out-{seed}"
        code, _, error = command.run_here(
            "apps.translate",
            f"--workdir={run.workdir}",
            *(f"--input={file}" for file in files),
            f"--output={output}",
            *([] if seed is None else [f"--seed={seed}"]),
        )
        assert (code, error) == (0, [f"{output}: 3 pictures"])
        made = run.translate(x[[0, 0, 0]], seed)
        for file, y in zip(files, made):
            np.testing.assert_allclose(
                shades(output / file.name),
                np.round(y[..., 0]) * (255 / 16),
                atol=0.5,
            )
        pictures[seed] = made
    assert np.max(np.abs(pictures[3] - pictures[4])) > 1e-3
    assert np.max(np.abs(pictures[3][0] - pictures[3][1])) > 1e-3


def test_noise_that_there_is_none_of(run, x, tmp_path, monkeypatch):
    save(x[0], tmp_path / "in" / "a.png")
    folders = tmp_path / "in", tmp_path / "out"
    with pytest.raises(UserError, match="^seed=1: not with size=own, for"):
        run.write_translations(*folders, size="own", seed=1)
    with pytest.raises(UserError, match="^seed=-1: expected 0 to"):
        run.write_translations(*folders, seed=-1)
    with pytest.raises(UserError, match="^seed=-1: expected 0 to"):
        run.translate(x, seed=-1)
    monkeypatch.setattr(run.model, "translate_with_noise", None)
    with pytest.raises(
        UserError, match="^seed=1: pix2pix has no translate_with_noise; leave"
    ):
        run.write_translations(*folders, seed=1)
    assert not folders[1].exists()
