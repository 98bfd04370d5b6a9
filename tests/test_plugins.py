"""Models of other packages: trained, drawn, exported and served as ours."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

PACKAGES = pathlib.Path(__file__).parent / "plugins"
ROOT = PACKAGES.parents[1]


def install(folder, package, name):
    """Leaves what pip would leave of a package with one entry point."""
    shutil.copytree(PACKAGES / package, folder / package)
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {package}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[tfgen.models]\n{package} = {package}.{name}\n"
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What both did, in one process."""
    folder = tmp_path_factory.mktemp("plugins")
    install(folder / "site", "tiny_vae", "vae")
    install(folder / "site", "tiny_nade", "nade")
    path = os.pathsep.join([str(folder / "site"), str(ROOT), *sys.path])
    names = "tiny_vae", "tiny_nade"
    done = subprocess.run(
        [sys.executable, PACKAGES / "use.py", folder / "runs", *names],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_a_vae(found):
    """Chosen by its ELBO, with noise at validation and a recorded KL."""
    assert len((PACKAGES / "tiny_vae/vae.py").read_text().splitlines()) <= 60
    found = found["tiny_vae"]
    values = found["evaluation"]
    assert list(values) == ["negative_elbo", "negative_elbo_std_error"]
    assert found["shape"] == [5, 8, 8, 1]
    assert found["pictures"] == [
        "beside_data",
        "filters_encoder",
        "interpolation",
        "manifold",
        "samples",
    ]
    assert found["artefacts"]["saved_model"] == ""
    assert found["artefacts"]["float32"] == ""
    assert found["signatures"] == [
        "decode",
        "decode_png",
        "encode",
        "encode_png",
        "sample",
        "sample_png",
        "serving_default",
    ]
    assert {"kl", "loss_vae", "validation_negative_elbo"} <= {
        *found["recorded"]
    }


@pytest.mark.slow
def test_a_nade(found):
    """A density and samples without latents: no ways between noise."""
    assert len((PACKAGES / "tiny_nade/nade.py").read_text().splitlines()) <= 80
    found = found["tiny_nade"]
    assert list(found["evaluation"]) == ["nats", "nats_two_std_errors"]
    assert found["levels"] == [0.0, 16.0]
    assert found["pictures"] == ["beside_data", "samples"]
    assert found["artefacts"] == {"saved_model": "", "float32": ""}
    assert found["signatures"] == [
        "log_prob",
        "log_prob_png",
        "sample",
        "sample_png",
        "serving_default",
    ]
