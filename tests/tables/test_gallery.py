import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from tests.apps import command
from tests.tables.run_files import write_run
from tfgen.errors import UserError
from tfgen.tables import gallery, overview


@pytest.fixture
def runs(tmp_path):
    curve = [{"step": n, "validation_nats": 2.0 / n} for n in (1, 2, 4)]
    figures = {"nats": 0.5, "nats_std_error": 0.01, "bits": {"a": 1}}
    figures |= {"bound": 0.7, "bound_std_error": 0.01}
    figures |= {"bound_two_std_errors": 0.05}
    for name in ("a", "deep/a", "<b>"):
        write_run(tmp_path / name, 0.1, curve, figures)
    (tmp_path / "a/samples").mkdir()
    for name in ("filters", "samples"):
        picture = Image.fromarray(np.zeros((8, 8), np.uint8))
        picture.save(tmp_path / f"a/samples/{name}.png")
    return tmp_path


def write(runs):
    return gallery.write(overview.find([runs]), runs / "out")


class Page(HTMLParser):
    """Counts tags, and holds that they are closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.ids = [], [], set()
        self.feed(text)
        assert self.open == ["html"] or not self.open

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.ids.add(told.get("id"))
        if tag == "img":
            self.images.append(told["src"])
        elif tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_page_of_runs(runs):
    drawn, kept, gone = write(runs)
    assert sorted(drawn) == ["-b-", "a", "a-2"] and not kept and not gone
    text = (runs / "out/index.html").read_text()
    page = Page(text)
    assert set(drawn) <= page.ids
    for image in page.images:
        assert (runs / "out" / image).exists()
    mine = next(n for n in ("a", "a-2") if f"runs/{n}/samples.png" in text)
    # Samples first; curves last.
    found = [i for i in page.images if i.startswith(f"runs/{mine}/")]
    assert [i.split("/")[-1] for i in found] == [
        "samples.png",
        "filters.png",
        "curves.png",
    ]
    assert "0.5 ± 0.01" in text and "0.7 ± 0.05" in text
    assert "nats_std_error" not in text
    assert "--model=gan --preset=toy --data=moons --steps=8" in text
    assert "# Its other settings are not known: " in text  # of such a file
    assert "&lt;b&gt;" in text and "<b>" not in text
    keys = re.findall(r'data-sort="([^"]*)"', text)
    assert keys.count("4") == 3  # steps, as numbers


def test_only_what_changed_is_drawn_again(runs):
    write(runs)
    card = runs / "out/runs/-b-/card.html"
    before = card.stat().st_mtime_ns
    assert write(runs)[0] == []
    with (runs / "a/metrics.jsonl").open("a") as file:
        file.write('{"step": 8, "validation_nats": 0.1}\n')
    drawn, kept, gone = write(runs)
    assert len(drawn) == 1 and len(kept) == 2 and not gone
    assert card.stat().st_mtime_ns == before
    (runs / "<b>/metrics.jsonl").unlink()
    assert write(runs)[2] == ["-b-"] and not card.exists()


def test_damaged_files_leave_cells_empty(runs):
    (runs / "a/evaluation.json").write_text('{"nats": {"low": "x"}}')
    table = runs / "a/export/checks/gan/2/table.json"
    table.parent.mkdir(parents=True)
    table.write_text('[{"artefact": 1}, 2]')
    assert len(write(runs)[0]) == 3
    report = {"artefact": "float32", "bytes": 2000, "problem": ""}
    table.write_text(json.dumps([{**report, "errors": {"decode": 1e-6}}]))
    write(runs)
    text = (runs / "out/index.html").read_text()
    assert "<td>float32</td><td>2</td><td>1.0e-06</td>" in text


def test_other_files_are_left_alone(runs):
    (runs / "out").mkdir()
    (runs / "out/letter.txt").write_text("dear")
    with pytest.raises(UserError, match="out: expected a new folder or a gal"):
        write(runs)
    assert [p.name for p in (runs / "out").iterdir()] == ["letter.txt"]


def test_the_app(runs):
    code, out, err = command.run_here(
        "apps.gallery", f"--folder={runs}", f"--output={runs}/out"
    )
    assert code == 0, err
    assert out[0] == "drawn 3, kept 0, removed 0"


def test_cards_and_intervals(runs):
    report = {"accuracy": {"value": 0.5, "low": 0.4, "high": 0.6}}
    (runs / "a/report.json").write_text(json.dumps(report))
    for version, text in (("2", "of two"), ("10", "of <ten>")):
        card = runs / f"a/export/tflite/gan/{version}/MODEL_CARD.md"
        card.parent.mkdir(parents=True)
        card.write_text(text)
    write(runs)
    text = (runs / "out/index.html").read_text()
    assert "<pre>of &lt;ten&gt;</pre>" in text and "of two" not in text
    assert "0.5 (0.4 to 0.6)" in text
