"""Samples in files are those of `run.sample`."""

import csv

import numpy as np
import pytest
from PIL import Image

import tfgen
from tests.apps import command
from tfgen.errors import UserError
from tfgen.viz.images import shades

TINY = {"preset": "tiny", "steps": 2}


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    """A conditional flow of digits."""
    return tfgen.fit(
        "real_nvp",
        workdir=tmp_path_factory.mktemp("flow"),
        settings={
            "network.conditional": True,
            "network.scales": 1,
            "network.blocks": 0,
        },
        **TINY,
    )


def sample(run, *arguments):
    return command.run_here(
        "apps.sample", f"--workdir={run.workdir}", *arguments
    )


def test_a_class_as_arrays(flow, tmp_path):
    output = tmp_path / "x.npz"
    code, out, _ = sample(
        flow, "--label=3", "--count=30", "--seed=5", f"--output={output}"
    )
    assert (code, out) == (0, [str(output)])
    with np.load(output) as arrays:
        np.testing.assert_array_equal(arrays["x"], flow.sample(30, 5, label=3))
        np.testing.assert_array_equal(arrays["label"], [3] * 30)


def test_pictures_in_folders_of_classes(flow, tmp_path):
    """They are read again as the levels that they are."""
    flow.write_samples(tmp_path / "x", count=12)
    files = sorted((tmp_path / "x").glob("*/*.png"))
    names = [f"{p.parent.name}/{p.name}" for p in files]
    assert names[:3] == ["0/00.png", "0/10.png", "1/01.png"]
    x = flow.sample(12, label=np.arange(12) % 10)
    np.testing.assert_array_equal(
        np.asarray(Image.open(files[2])), shades(x, 17)[1, ..., 0]
    )
    scored = flow.score(tmp_path / "x" / "1", tmp_path / "s.csv", label=1)
    with open(scored.path, newline="") as file:
        values = [float(row["log_prob"]) for row in csv.DictReader(file)]
    levels = np.floor(x[[1, 11]])
    np.testing.assert_allclose(values, flow.log_prob(levels, label=1), 1e-5)


def test_a_way_between_two_files(flow, tmp_path):
    """It begins and ends with the pictures."""
    x = flow.data.source.splits["test"]["x"][:2].astype(np.float32)
    for name, picture in zip("ab", shades(x, 17)):
        Image.fromarray(picture[..., 0]).save(tmp_path / f"{name}.png")
    code, out, _ = sample(
        flow,
        f"--from={tmp_path / 'a.png'}",
        f"--to={tmp_path / 'b.png'}",
        "--label=2",
        "--count=5",
    )
    assert (code, out) == (0, [str(flow.workdir / "samples/way.png")])
    picture = np.asarray(Image.open(out[0]))
    times = picture.shape[1] // (5 * 9 + 1)
    small = picture[::times, ::times]
    np.testing.assert_array_equal(small[1:9, 1:9], shades(x, 17)[0, ..., 0])
    np.testing.assert_array_equal(small[1:9, -9:-1], shades(x, 17)[1, ..., 0])


def test_points_as_a_table(tmp_path):
    run = tfgen.fit("real_nvp", "moons", tmp_path / "run", **TINY)
    run.write_samples(tmp_path / "x.csv", count=5, seed=1)
    found = np.loadtxt(tmp_path / "x.csv", skiprows=1, delimiter=",")
    np.testing.assert_array_equal(np.float32(found), run.sample(5, 1))
    assert (tmp_path / "x.csv").read_text().startswith("x_0,x_1\n")
    with pytest.raises(UserError, match="no images; expected a .csv or .npz"):
        run.write_samples(tmp_path / "x")
    code, _, error = sample(run, "--enlarge=3")
    assert code == 2
    assert error[-1].startswith("error: --enlarge: real_nvp on moons makes")


def test_a_way_needs_the_condition(flow, tmp_path):
    picture = np.zeros((8, 8), np.uint8)
    ends = [f"--{end}={tmp_path}/{end}.png" for end in ("from", "to")]
    for end in ("from", "to"):
        Image.fromarray(picture).save(tmp_path / f"{end}.png")
    code, _, error = sample(flow, *ends)
    assert code == 2
    assert "expected label, named by --label=…." in error[-1]


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--label=1"], "--label=1: only with --output or --from."),
        (["--from=a.png"], "--from=a.png: only with --to."),
        (["--output=x", "--enlarge=2"], "--enlarge=2: not with --output"),
        (["--output=x.csv"], "images; expected a folder or a .npz file"),
        (["--output=x", "--label=12"], "--label=12: unknown"),
        (["--output=x", "--seed=-1"], "--seed=-1: expected 0 to"),
        (["--from=a.png", "--to=b.png", "--label=1"], "a.png: no such file"),
    ],
)
def test_errors(flow, flags, message):
    code, _, error = sample(flow, *flags)
    assert code == 2
    assert message in error[-1]
