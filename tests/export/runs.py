"""Runs to export."""

from tfgen.run import Run


def run_of(tmp_path, model, preset="tiny"):
    """A run that was not trained."""
    run = Run.start(tmp_path, model, preset)
    run.__dict__["model"] = run.build_model()
    return run
