import json
import math
import shutil

import numpy as np
import pytest
from PIL import Image

from tfgen.errors import UserError
from tfgen.evaluate.classifier import Classifier, read_classifier
from tfgen.measures import samples as sample_quality
from tfgen.run import Run
from tfgen.tables import grid, grid_report, grid_search
from tfgen.tables.grid import Configuration
from tfgen.train.lock import Lock


def in_this_process(function, jobs, parallel):
    for job in jobs:
        yield job, function(job)


def call(workdir, *overrides, count=1, said=None, data=None):
    return grid_search.search(
        workdir,
        dict.fromkeys(grid.FAMILIES, count),
        0,
        data,
        overrides,
        "cpu",
        1,
        (said if said is not None else []).append,
    )


@pytest.fixture(autouse=True)
def classifiers(tmp_path, monkeypatch):
    """Lists the numbers of classes of those that are made.

    Untrained ones will do, and save the time.
    """
    made = []

    def make(train, validation, num_classes, levels, progress):
        made.append(num_classes)
        return Classifier(train["x"].shape[1:], num_classes, levels)

    monkeypatch.setattr(sample_quality, "train_classifier", make)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return made


@pytest.mark.slow
def test_each_model_is_trained_once(tmp_path, monkeypatch, classifiers):
    monkeypatch.setattr(grid_search, "each_in_a_process", in_this_process)
    folder = tmp_path / "ebgan_grid"
    short = ("train.steps=2", "train.steps_per_call=2")
    said = []
    table = call(tmp_path, *short, said=said)
    assert said[0] == "3 models, of which 0 are done"
    assert said[1].endswith("] 3 of 3")
    assert [line.split(" | ")[0] for line in table.splitlines()[2:]] == [
        "| EBGAN",
        "| EBGAN-PT",
        "| GAN",
    ]
    scores = sorted(folder.glob("*gan-*.json"))
    assert len(scores) == 3
    lines = (tmp_path / "ebgan_grid.csv").read_text().splitlines()
    assert len(lines) == 4 and lines[0].endswith("learning_rate,score")
    assert (tmp_path / "ebgan_grid.md").read_text() == table + "\n"
    for name in ("ebgan_grid", "ebgan_grid_optimizers", "ebgan_grid_best"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.width > 300

    # Again: nothing to do. Of a score that is damaged, is one of other data, or
    # has lost the model that was kept, the same comes out.
    said.clear()
    assert call(tmp_path, *short, said=said) == table
    assert said == ["3 models, of which 3 are done"]
    scores[0].write_text("{")
    other = json.loads(scores[1].read_text())
    other["settings"].remove("spec.shape=(8, 8, 1)")
    scores[1].write_text(json.dumps(other | {"score": 99.0}))
    shutil.rmtree(folder / "best" / scores[2].stem)
    said.clear()
    assert call(tmp_path, *short, said=said) == table
    assert said[0] == "3 models, of which 0 are done"
    assert classifiers == [10]

    # The best of each family is a run, whose samples have its score.
    for file in scores:
        kept = Run.resume(folder / "best" / file.stem)
        classifier = read_classifier(
            folder / "classifier.npz", (8, 8, 1), 10, kept.config.spec.levels
        )
        score = json.loads(file.read_text())["score"]
        assert grid_search.score_of(kept.model, classifier) == pytest.approx(
            score, rel=1e-3
        )


def test_the_best_of_each_family_are_kept(tmp_path):
    """Of those that have a score: others may be in the making."""
    scores = {
        **model("EBGAN", 2.0),
        **model("EBGAN", 3.0, size_g=1600),
        **model("EBGAN", None, size_g=3200),
        **model("EBGAN-PT", 1.0),
        **model("GAN", 0.0),
    }
    folders = [grid_report.folder_of(tmp_path, c) for c in scores]
    for folder in folders:
        folder.mkdir(parents=True)
    grid_search._keep_best(tmp_path, scores)
    assert [f.exists() for f in folders] == [False, True, True, True, False]


def contents(folder):
    """Of the files that are not of the lock."""
    return [path.read_bytes() for path in sorted(folder.glob("[!.]*"))]


def test_a_workdir_holds_the_grid_of_one_data(
    tmp_path, monkeypatch, classifiers
):
    def all_are_good(function, jobs, parallel):
        return [(job, dict.fromkeys(job.configurations, 5.0)) for job in jobs]

    monkeypatch.setattr(grid_search, "each_in_a_process", all_are_good)
    for i in range(60):
        pixels = np.full((8, 8), i, np.uint8)
        path = tmp_path / "images" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    images = f"image_folder:{tmp_path / 'images'}"
    few = "train.batch_size=8"
    small = ("data.image_size=8", few)
    workdir, folder = tmp_path / "grid", tmp_path / "grid" / "ebgan_grid"

    call(workdir, *small, data=images)
    before = contents(folder)
    for data, more, what in [
        ("digits", (), "data.name=image_folder:.*, not digits"),
        (images, ("data.image_size=9",), "data.image_size=8, not 9"),
    ]:
        with pytest.raises(UserError, match=f"={workdir}: holds a .* {what}; "):
            call(workdir, few, *more, data=data)
    assert before == contents(folder)
    # What has no effect on the data may change.
    call(workdir, *small, "data.data_service=a:1", data=images)
    assert classifiers == [2]

    # Without a word on its data, a classifier is worth nothing.
    (folder / "config.json").unlink()
    call(workdir, data="digits")
    assert classifiers == [2, 10]


def test_it_needs_labels_before_anything_is_trained(tmp_path, unlabelled):
    settings = ("data.image_size=8", "train.batch_size=8")
    with pytest.raises(UserError, match=f"^data={unlabelled}: has no labels"):
        call(tmp_path / "new", *settings, data=unlabelled)
    assert not (tmp_path / "new").exists()


def test_a_grid_is_searched_by_one_process(tmp_path):
    with Lock(tmp_path / "ebgan_grid"):
        with pytest.raises(UserError, match="/ebgan_grid: in use by process"):
            call(tmp_path)


@pytest.mark.parametrize(
    "overrides, data, message",
    [
        (["network.latent=3"], None, "network.latent=3: the grid sets"),
        ([], "moons", "the classifier that samples are measured by needs"),
        (["train.step=3"], None, "unknown. Did you mean 'train.steps'"),
    ],
)
def test_errors(tmp_path, overrides, data, message):
    with pytest.raises(UserError, match=message):
        call(tmp_path / "new", *overrides, data=data)
    assert not (tmp_path / "new").exists()


def test_a_model_that_diverges_has_no_score(tmp_path, monkeypatch):
    monkeypatch.setattr(grid_search, "each_in_a_process", in_this_process)
    monkeypatch.setattr(grid_search, "train_briefly", lambda *_: False)
    call(tmp_path)
    lines = (tmp_path / "ebgan_grid.csv").read_text().splitlines()
    values = [line.rpartition(",")[2] for line in lines]
    assert values == ["score", "0.0", "0.0", "0.0"]
    assert not (tmp_path / "ebgan_grid" / "best").exists()


def test_samples_that_are_not_finite_score_0():
    class Broken:
        sample_noise = 2

        def sample(self, noise):
            return noise / 0

    assert grid_search.score_of(Broken(), classifier=None) == 0


def model(family, score, **changes):
    first = grid.configurations(family)[0]._replace(**changes)
    return {first: score}


def test_summary():
    """Above 0.8 of 5: 1 of 2 EBGANs, 1 of 4 GANs.

    Wilson's interval of 1 of 2 is 0.5 -+ sqrt(z^2 / (4 (2 + z^2))), z = 1.96.
    """
    scores = (
        model("EBGAN", 4.5)
        | model("EBGAN", 1.0, size_g=1600)
        | model("GAN", 5.0)
        | model("GAN", 4.0, size_g=1600)
        | model("GAN", 0.0, size_g=3200)
        | model("GAN", 1.0, layers_g=5)
    )
    z = 1.959964
    half = math.sqrt(z**2 / (4 * (2 + z**2)))
    table = grid_report.format_summary(scores).splitlines()
    assert table[0] == (
        "| family | models | I' above 4.00 | 95 % | best I' | of |"
    )
    assert table[2] == (
        f"| EBGAN | 2 | 50.0% | {0.5 - half:.1%} to {0.5 + half:.1%} | 4.50 |"
        " ebgan-2-2-400-128-true-adam-adam-0.001 |"
    )
    assert table[3].startswith("| GAN | 4 | 25.0% | ")


EVERY = {
    c: float(i)
    for family in grid.FAMILIES
    for i, c in enumerate(grid.configurations(family))
}


def test_panels_of_figure_2():
    """Two of four and three of four numbers of layers are left, of G and D."""
    panels = grid_report.by_layers(EVERY)
    sizes = {
        title: {f: len(scores) for f, scores in families.items()}
        for title, families in panels.items()
    }
    assert sizes == {
        title: {"EBGAN": n, "EBGAN-PT": n, "GAN": 12 * n}
        for title, n in (
            ("all", 512),
            ("nLayer[GD] <= 4", 512 * 9 // 16),
            ("nLayer[GD] <= 3", 512 // 4),
        )
    }


def test_panels_of_figure_3():
    """Section 4.1: "GANs and EBGANs are both 512 in every subplot"."""
    panels = grid_report.by_optimizers(EVERY)
    assert len(panels) == 2 * 2 * 3
    assert all(
        len(families["GAN"]) == len(families["EBGAN"]) == 512
        for families in panels.values()
    )
    gans = sorted(s for families in panels.values() for s in families["GAN"])
    assert gans == list(range(6144))


def test_csv():
    scores = {Configuration("GAN", 2, 3, 4, 5, True, "sgd", "adam", 0.1): 6.5}
    assert grid_report.format_csv(scores).splitlines() == [
        "family,layers_g,layers_d,size_g,size_d,dropout_d,optimizer_d,"
        "optimizer_g,learning_rate,score",
        "GAN,2,3,4,5,True,sgd,adam,0.1,6.5",
    ]
