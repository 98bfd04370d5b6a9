"""Samples of attributes that are asked for, by names or a caption."""

from unittest import mock

import numpy as np
import pytest
from PIL import Image

import tfgen
from tests.apps import command
from tfgen.data.scenes import WORDS
from tfgen.errors import UserError
from tfgen.library import ArrayRun
from tfgen.viz.images import shades

CAPTION = "A small red disc, at the top left."
NAMES = ("small", "red", "disc", "top", "left")
ATTRIBUTES = np.isin(WORDS, NAMES).astype(np.float32)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Of captioned scenes, with its first weights."""
    workdir = tmp_path_factory.mktemp("scenes")
    found = ArrayRun.start(workdir, "stack_gan", "tiny", None, ["ratio=0"])
    found.__dict__["model"] = found.build_model()
    return found


def sample(run, *arguments):
    with mock.patch.object(tfgen, "load", lambda workdir: run):
        return command.run_here("apps.sample", "--workdir=any", *arguments)


@pytest.mark.parametrize(
    "said", [f"--caption={CAPTION}", f"--attributes={','.join(NAMES)}"]
)
def test_files_of_what_is_said(run, tmp_path, said):
    """Those of the same attributes, as arrays and as pictures."""
    x = run.sample(3, 5, attributes=ATTRIBUTES)
    for output in (tmp_path / "x.npz", tmp_path / "x"):
        flags = said, "--count=3", "--seed=5", f"--output={output}"
        assert sample(run, *flags)[:2] == (0, [str(output)])
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["x"], np.round(x))
        np.testing.assert_array_equal(arrays["attributes"], [ATTRIBUTES] * 3)
    for i, expected in enumerate(shades(np.round(x), 256)):
        picture = np.asarray(Image.open(tmp_path / "x" / f"{i}.png"))
        np.testing.assert_array_equal(picture, expected)


def test_captions_in_python(run, tmp_path):
    """In the place of attributes, one for all or one for each."""
    x = run.sample(2, attributes=ATTRIBUTES)
    np.testing.assert_array_equal(run.sample(2, caption=CAPTION), x)
    other = CAPTION.replace("red", "blue")
    two = run.sample(2, caption=[CAPTION, other])
    np.testing.assert_array_equal(two[0], x[0])
    assert np.any(two[1] != x[1])
    run.write_samples(tmp_path / "x.npz", 2, caption=CAPTION)
    with np.load(tmp_path / "x.npz") as arrays:
        np.testing.assert_array_equal(arrays["x"], np.round(x))
    z = np.zeros((2, run.model.latent_size))
    by_words = run.decode(z, caption=CAPTION)
    by_numbers = run.decode(z, attributes=ATTRIBUTES)
    np.testing.assert_array_equal(by_words, by_numbers)
    with pytest.raises(UserError, match="attributes: not with caption"):
        run.sample(2, caption=CAPTION, attributes=ATTRIBUTES)


def test_pictures_of_a_caption(run, monkeypatch):
    """Its columns have it as their title, or those of test scenes."""
    heads = []
    monkeypatch.setattr(
        "tfgen.viz.images.with_headings",
        lambda picture, names: heads.append(names) or picture,
    )
    flags = "--count=8", f"--caption={CAPTION}"
    code, out, _ = sample(run, *flags)
    assert code == 0 and out[0].endswith("samples.png")
    assert heads == [("a small red disc at the top left",) * 8]
    run.draw(count=8)
    of_test = run.data.source.splits["test"]["attributes"][:8]
    for title, row in zip(heads[1], of_test, strict=True):
        np.testing.assert_array_equal(run.attributes_of(title), row)


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--caption=a red dog"], "--caption=dog: unknown. Known: small,"),
        (
            ["--caption=a red disc", "--output=x"],
            "--caption=a red disc: expected one of small, large, got none;",
        ),
        (["--attributes=dog", "--output=x"], "--attributes=dog: unknown."),
        (["--attributes=red", "--caption=red"], "red: not with --caption."),
        (["--output=x"], "expected attributes, named by --attributes=…"),
    ],
)
def test_what_is_not_understood(run, flags, message):
    code, _, error = sample(run, *flags)
    assert code == 2
    assert message in error[-1]
