"""The page in Chromium, where Chromium and LiteRT.js are installed."""

import json

import numpy as np
import pytest
import scipy.stats

from tests.export.web import browser
from tests.export.web.pages import DRAW, page_of
from tfgen.evaluate import latent

MOVE = """
(() => {
  const canvas = document.querySelectorAll('canvas')[1];
  const slider = document.querySelectorAll('.sliders input')[0];
  globalThis.before = canvas.toDataURL();
  slider.value = -3;
  slider.oninput();
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
