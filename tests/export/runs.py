"""Runs to export."""

from tfgen.run import Run


def run_of(tmp_path, model, preset="tiny", data=None, settings=()):
    """A run that was not trained."""
    run = Run.start(tmp_path, model, preset, data, settings)
    run.__dict__["model"] = run.build_model()
    return run
