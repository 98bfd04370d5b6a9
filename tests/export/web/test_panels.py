"""Each kind of panel in Chromium, with tiny models."""

import json

import numpy as np
import pytest

from tests.export.web import browser
from tests.export.web.pages import DRAW, page_of


def table(folder):
    """A table whose rows are of three kinds, and have a dose."""
    random = np.random.default_rng(0)
    kinds = random.integers(0, 3, 200)
    rows = np.c_[random.normal(size=(200, 3)) + kinds[:, None], kinds * 2.5 + 1]
    lines = [f"{','.join(map(str, r))},k{k}" for r, k in zip(rows, kinds)]
    path = folder / "rows.csv"
    path.write_text("\n".join(["a,b,c,dose,kind", *lines]))
    return f"csv:{path}"


TABLE = (
    "network.conditional=true",
    "data.columns=a,b,c",
    "data.label_column=kind",
    "data.condition_columns=dose",
)
CLICK = (
    "[...document.querySelectorAll('button')].find(b => b.innerText === '{}')"
)
CLICK += ".click()"
SEEN = "document.querySelectorAll('canvas')[{}].toDataURL()"
SAID = "document.querySelector('[aria-live]').innerText"
KEY = """
document.querySelector('canvas').dispatchEvent(
    new KeyboardEvent('keydown', {key: 'ArrowLeft'}))
"""
WRITE = """
(() => {
  const input = document.querySelector('input');
  input.value = 'a dog';
  input.oninput();
})()
"""
DOSE = """
(() => {
  const input = document.querySelector('input[type=number]');
  input.value = 7;
  input.oninput();
})()
"""
# Model, how the page begins, what is done, and what changes.
PANELS = {
    "iaf": ("The plane", KEY, SAID),
    "inner_attention": (
        "A pair of sentences",
        WRITE,
        "document.body.innerText",
    ),
    "cycle_gan": ("Translated", CLICK.format("Test example"), SEEN.format(1)),
}


def assert_opens(tab, address, *titles):
    """The page has these panels, none fails, and its numbers are right."""
    assert float(tab.go(address)) < 1e-4
    found = tab("[...document.querySelectorAll('h2')].map(h => h.innerText)")
    assert found == [*titles]
    assert not tab("document.querySelector('.failed')?.innerText")


def assert_changes(tab, done, seen):
    tab(f"globalThis.before = {seen}")
    tab(done)
    tab.until(f"before !== {seen}")


@pytest.mark.slow
@pytest.mark.parametrize("model", PANELS)
def test_a_panel(model, tab, files, tmp_path):
    title, done, seen = PANELS[model]
    _, folder = page_of(files, tmp_path / "export", model)
    with browser.served(folder) as address:
        assert_opens(tab, address, title)
        assert_changes(tab, done, seen)


@pytest.mark.slow
def test_a_test_example_brings_its_conditions(tab, files, tmp_path):
    run, folder = page_of(
        files, tmp_path / "export", "maf", table(tmp_path), TABLE
    )
    told = json.loads((folder / "page.json").read_text())
    rows = {n: np.float32(v) for n, v in told["examples"].items()}
    scores = run.model.log_prob(
        rows["x"], label=rows["label"], condition=rows["condition"]
    ).numpy()
    shown = "['select', 'input[type=number]'].map(s => Number("
    shown += "document.querySelector(s).value))"
    with browser.served(folder) as address:
        assert_opens(tab, address, "A row")
        for n in (0, 1, 2):
            right = [rows["label"][n], rows["condition"][n, 0]]
            np.testing.assert_allclose(tab(shown), right, rtol=1e-5)
            tab.until(f"{SAID}.includes('nats: {scores[n]:.2f}.')")
            tab(CLICK.format("Test example"))
        assert_changes(tab, DOSE, SAID)


@pytest.mark.slow
def test_pictures_of_real_numbers(tab, files, tmp_path):
    x = np.random.default_rng(0).uniform(-1, 2, (100, 4, 4, 1))
    x = np.float32(np.concatenate([x, np.full((50, 4, 4, 1), 0.5)]))
    np.savez(tmp_path / "real.npz", x=x)
    data = f"npz:{tmp_path}/real.npz"
    _, folder = page_of(files, tmp_path / "export", "nice", data)
    told = json.loads((folder / "page.json").read_text())
    low, high = told["range"]
    assert -1 <= low < -0.9 and 1.9 < high <= 2
    shades = """
(() => {
  const canvas = document.querySelector('canvas.draw');
  const {data} = canvas.getContext('2d').getImageData(0, 0, 4, 4);
  return [...data].filter((_, i) => i % 4 === 0);
})()
"""
    example = np.ravel(told["examples"]["x"][0])
    right = np.clip(255 * (example - low) / (high - low), 0, 255)
    with browser.served(folder) as address:
        tab.go(address)
        np.testing.assert_allclose(tab(shades), right, atol=0.51)
        tab(CLICK.format("Clear"))
        tab.until(f"{shades.strip()}.every(v => v === 0)")
        tab(DRAW)
        tab.until(f"{shades.strip()}[0] === 255")


@pytest.mark.slow
def test_keys_a_phone_and_the_dark(tab, files, tmp_path):
    _, folder = page_of(files, tmp_path / "export", "infogan")
    sliders = "[...document.querySelectorAll('input')].map(i => i.value) + ''"
    paper = "getComputedStyle(document.body).backgroundColor"
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    with browser.served(folder) as address:
        tab.command("Emulation.setDeviceMetricsOverride", **size)
        assert_opens(
            tab,
            address,
            "Samples",
            "Latents by hand",
            "On the way",
            "Draw one",
        )
        assert_changes(tab, CLICK.format("New samples"), SEEN.format(0))
        assert tab("document.documentElement.scrollWidth") <= 360
        tab(f"document.querySelector('canvas').focus(); before = {sliders}")
        tab.press("ArrowRight")
        assert tab(sliders) == tab("before")
        tab.press("Enter")
        tab.until(f"before !== {sliders}")
        light = tab(paper)
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        tab.command("Emulation.setEmulatedMedia", features=dark)
        assert tab(paper) != light
        tab.command("Emulation.setEmulatedMedia", features=[])
        tab.command("Emulation.clearDeviceMetricsOverride")


@pytest.mark.slow
def test_a_panel_that_fails_leaves_the_others(tab, files, tmp_path):
    _, folder = page_of(files, tmp_path / "export")
    path = folder / "page.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"scores": {}}))
    with browser.served(folder) as address:
        tab.go(address)
        said = tab("document.querySelector('.failed').innerText")
        assert said.startswith("The panel “drawing” does not work here: ")
        assert tab("document.querySelectorAll('h2').length") == 5
        foot = tab("document.querySelector('#facts').innerText")
        for text in (
            "Data\ndigits, seed 0",
            "Test figures\nenergy 2.5",
            "tfgen 0.1.0, LiteRT.js 2.5.3",
            "allowed 1e-4; of numbers beyond ±1, a share",
        ):
            assert text in foot
        tab.until("document.body.dataset.offline")
