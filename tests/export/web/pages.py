"""The page of a model that was not trained."""

from export import calls
from export.web import page
from tests.export.in_process import in_process
from tests.export.runs import run_of
from tfgen import capabilities
from tfgen.example_inputs import example_inputs
from tfgen.nn import randomize

CARD = {
    "name": "ebgan on digits",
    "model": "ebgan",
    "paper": "Zhao et al. 2017",
    "data": "`digits`, seed 0",
    "figures": {"energy": 2.5},
}

# Of a page: a stroke on the picture to draw on; `said` is what was there.
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


def page_of(
    files, folder, model="ebgan", data=None, settings=(), preset="tiny"
):
    """Returns a run, and its page.

    Args:
      files: of LiteRT.js.
      folder: is written to.
      model: its name.
      data: None are the preset's.
      settings: `name=value` strings.
      preset: of the model.
    """
    folder.mkdir(exist_ok=True)
    run = run_of(folder, model, preset, data, settings)
    randomize(run.model.variables, 0.1, seed=0)
    (folder / "checks").mkdir()
    found = calls.compute(
        capabilities.signatures(run.model),
        lambda n, seed: example_inputs(run.model, n, seed),
    )
    calls.write(folder / "checks" / "examples.npz", found)
    with in_process():
        page.write_page(run, CARD, files, folder)
    return run, folder / "web"
