"""The page in Chromium, where Chromium and LiteRT.js are installed."""

import json
import pathlib

import numpy as np
import pytest
import scipy.stats

from export.web import litert
from tests.export.web import browser
from tests.export.web.pages import page_of
from tfgen.errors import UserError
from tfgen.evaluate import latent


@pytest.fixture(scope="module")
def files():
    if not browser.CHROMIUM:
        pytest.skip("no chromium in PATH: pages are not run")
    try:
        # The tests' own cache is empty.
        return litert.find(pathlib.Path.home() / ".cache/tfgen/npm")
    except UserError as error:
        pytest.skip(f"pages are not run: {error}")


@pytest.fixture(scope="module")
def tab(files, tmp_path_factory):
    """One Chromium for all pages that need no network of their own."""
    profile = tmp_path_factory.mktemp("profile")
    with browser.opened("about:blank", profile) as found:
        yield found


MOVE = """
(() => {
  const canvas = document.querySelectorAll('canvas')[1];
  const slider = document.querySelectorAll('.sliders input')[0];
  globalThis.before = canvas.toDataURL();
  slider.value = -3;
  slider.oninput();
})()
"""
DRAW = """
(() => {
  const canvas = document.querySelector('canvas.draw');
  canvas.scrollIntoView();
  const box = canvas.getBoundingClientRect();
  globalThis.said = canvas.closest('section').querySelector('p + *').innerText;
  const event = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type, {
    clientX: box.left + x * box.width, clientY: box.top + y * box.height,
    buttons: 1, pointerId: 1}));
  canvas.setPointerCapture = () => {};
  event('pointerdown', 0.05, 0.05);
  event('pointermove', 0.05, 0.2);
})()
"""
HIDE = """
(() => {
  const select = document.querySelector('[aria-label="hidden part"]');
  const [page, whole] = select.closest('section').querySelectorAll('canvas');
  globalThis.seen = () => {
    const same = (y) => {
      const [a, b] = [page, whole].map((canvas) => `${
        canvas.getContext('2d').getImageData(1, y, 1, 1).data}`);
      return a === b;
    };
    return [1, 6].map(same);  // rows of a picture of 8
  };
  select.value = 4;  // the bottom
  select.onchange();
})()
"""
NUMBERS = """
import('./numbers.js').then((n) => {
  const normal = {z: {prior: 'normal'}};
  const z = %s.map((z) => ({z}));
  return {
    arc: n.between(normal, z[0], z[1], 0.25).z,
    surface: n.manifold(z, 0.5 * Math.PI, Math.PI).z,
    phi: [-3, -1, 0, 0.5, 4].map(n.phi),
    share: n.shareBelow([0, 1, 2], 1.5),
    normals: n.normals(n.random(1), 2000),
  };
})
"""


@pytest.mark.slow
def test_a_page_in_chromium(files, tmp_path):
    _, folder = page_of(files, tmp_path / "export")
    with browser.served(folder) as address:
        with browser.opened(address, tmp_path / "profile") as ask:
            failed = "document.body?.dataset.failed"
            error = ask.until(f"document.body?.dataset.error || {failed}")
            assert float(error) < 1e-4
            titles = ask(
                "[...document.querySelectorAll('h2')].map(h => h.innerText)"
            )
            assert titles == [
                "Samples",
                "Latents by hand",
                "On the way",
                "A surface through four",
                "Draw one",
            ]
            ask(MOVE)
            ask.until(
                "before !== document.querySelectorAll('canvas')[1].toDataURL()",
            )
            ask(DRAW)
            assert "test examples are" in ask("said")
            ask.until(
                "said !== document.querySelector('canvas.draw')"
                ".closest('section').querySelector('p + *').innerText",
            )
            z = np.random.default_rng(1).standard_normal((4, 6))
            found = ask(NUMBERS % json.dumps(z.tolist()))
            np.testing.assert_allclose(
                found["arc"], latent.interpolate(z[0], z[1], 5)[1], rtol=1e-6
            )
            np.testing.assert_allclose(
                found["surface"], latent.manifold(z, 4)[1, 2], rtol=1e-6
            )
            np.testing.assert_allclose(
                found["phi"],
                scipy.stats.norm.cdf([-3, -1, 0, 0.5, 4]),
                atol=2e-7,
            )
            assert found["share"] == 0.75
            assert abs(np.mean(found["normals"])) < 0.1
            assert abs(np.std(found["normals"]) - 1) < 0.05
            ask.until("document.body.dataset.offline")
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(browser._Quiet, "do_GET", None)  # no network
                ask("globalThis.old = true; location.reload()")
                again = ask.until(
                    "!globalThis.old &&"
                    f" (document.body?.dataset.error || {failed})",
                )
            assert again == error


@pytest.mark.slow
def test_a_hidden_part_is_completed(files, tmp_path):
    """The page's numbers are Python's: its own check has completions."""
    _, folder = page_of(files, tmp_path / "export", "bigan")
    told = json.loads((folder / "page.json").read_text())
    assert told["completion"]["checks"]
    with browser.served(folder) as address:
        with browser.opened(address, tmp_path / "profile") as ask:
            failed = "document.body?.dataset.failed"
            error = ask.until(f"document.body?.dataset.error || {failed}")
            assert float(error) < 1e-4
            assert "and 2 completions" in ask("document.body.innerText")
            ask(HIDE)
            # What is known stays; what is hidden is orange on one side alone.
            ask.until("`${seen()}` === 'true,false'")


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
PANELS = [
    (
        "infogan",
        ["Samples", "Lat"],
        CLICK.format("New samples"),
        SEEN.format(0),
    ),
    ("iaf", ["The plane"], KEY, SAID),
    (
        "inner_attention",
        ["A pair of sentences"],
        WRITE,
        "document.body.innerText",
    ),
    ("cycle_gan", ["Translated"], CLICK.format("Test example"), SEEN.format(1)),
    ("maf", ["A row"], DOSE, SAID),
]


@pytest.mark.slow
@pytest.mark.parametrize("model, titles, done, seen", PANELS)
def test_a_panel(model, titles, done, seen, files, tab, tmp_path):
    of_table = model == "maf"
    given = (table(tmp_path), TABLE) if of_table else ()
    _, folder = page_of(files, tmp_path / "export", model, *given)
    with browser.served(folder) as address:
        assert float(tab.go(address)) < 1e-4
        found = tab(
            "[...document.querySelectorAll('h2')].map(h => h.innerText)"
        )
        assert len(found) >= len(titles)
        assert all(a.startswith(b) for a, b in zip(found, titles))
        assert not tab("document.querySelector('.failed')?.innerText")
        print(
            f"first picture of {model}: {tab('document.body.dataset.first')} ms"
        )
        tab(f"globalThis.before = {seen}")
        tab(done)
        tab.until(f"before !== {seen}")


@pytest.mark.slow
def test_a_test_example_brings_its_conditions(files, tab, tmp_path):
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
        tab.go(address)
        for n in (0, 1, 2):
            right = [rows["label"][n], rows["condition"][n, 0]]
            np.testing.assert_allclose(tab(shown), right, rtol=1e-5)
            tab.until(f"{SAID}.includes('nats: {scores[n]:.2f}.')")
            tab(CLICK.format("Test example"))


@pytest.mark.slow
def test_pictures_of_real_numbers(files, tab, tmp_path):
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
def test_keys_a_phone_and_the_dark(files, tab, tmp_path):
    _, folder = page_of(files, tmp_path / "export", "infogan")
    sliders = "[...document.querySelectorAll('input')].map(i => i.value) + ''"
    paper = "getComputedStyle(document.body).backgroundColor"
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
    with browser.served(folder) as address:
        tab.command("Emulation.setDeviceMetricsOverride", **size)
        tab.go(address)
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
def test_a_panel_that_fails_leaves_the_others(files, tab, tmp_path):
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
