"""Pages of models that were not trained."""

from export.web import page
from tfgen.run import Run

CARD = {
    "name": "real_nvp on digits",
    "model": "real_nvp",
    "paper": "Dinh et al. 2017",
    "data": "`digits`, seed 0",
    "figures": {"nats": 87.5},
}


def page_of(exported, files, folder):
    """Returns a run of an exported flow on digits, and its page.

    Args:
      exported: of `tests/export/conftest.py`.
      files: of LiteRT.js.
      folder: is written to.
    """
    for part in ("checks", "tflite"):
        (folder / part).symlink_to(exported.path(part))
    run = Run.start(folder, "real_nvp", "tiny", "digits")
    run.__dict__["model"] = exported.model
    page.write_page(run, CARD, files, folder)
    return run, folder / "web"
