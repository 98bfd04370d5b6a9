import pytest
from PIL import Image

from tests.apps import command
from tests.tables.run_files import write_run
from tfgen.errors import UserError
from tfgen.tables import overview


@pytest.fixture
def runs(tmp_path):
    """Two runs; one in a folder of its own, and cut short."""
    a = [{"step": 2, "loss_flow": 3.0}, {"step": 4, "validation_nats": 2.0}]
    write_run(tmp_path / "a", 0.1, [*a, {"step": 8, "validation_nats": 2.5}])
    figures = {"nats": 2.25, "bits": 3, "other": 4}
    write_run(tmp_path / "deep" / "b", 0.2, a[:1], figures)
    with (tmp_path / "deep" / "b" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "loss')
    write_run(tmp_path / "a" / "checkpoints" / "none", 0.3, a)
    return tmp_path


def test_a_line_says_what_a_run_is_and_found(runs):
    head, *lines = overview.format_runs(overview.find([runs])).splitlines()
    assert head.split("  ")[0] == "run"
    cells = sorted([c.strip() for c in s.split("  ") if c] for s in lines)
    assert [c[1:-1] for c in cells] == [
        ["gan", "toy", "moons", "8 of 8", "nats 2 at 4", "-"],
        ["gan", "toy", "moons", "2 of 8", "-", "nats 2.25, bits 3"],
    ]


def test_settings_that_differ(runs):
    rows = sorted(overview.find([runs]))
    lines = overview.format_differences(rows).splitlines()
    assert [line.split() for line in lines] == [
        ["setting", "a", "b"],
        ["network.optimizer.learning_rate", "0.1", "0.2"],
    ]


def test_the_app_compares(runs):
    arguments = f"--folder={runs}", f"--output={runs / 'c.png'}"
    code, out, error = command.run_here("apps.runs", "--compare", *arguments)
    assert (code, error, out[-1]) == (0, [], str(runs / "c.png"))
    with Image.open(out[-1]) as picture:  # two panels side by side
        assert picture.width > 2 * picture.height
    code, _, (line,) = command.run_here("apps.runs", arguments[1])
    assert (code, line[-25:]) == (2, "png: only with --compare.")
    _, _, (line,) = command.run_here(
        "apps.runs", "--compare", *arguments, "--curve=x"
    )
    assert line.startswith("error: --curve=x: no run has it; expected one of ")
    assert line.endswith(" loss_flow, validation_nats.")


def test_no_runs_are_said(tmp_path):
    with pytest.raises(UserError, match="no run there; expected folders of"):
        overview.find([tmp_path])


def test_damaged_files_leave_cells_empty(runs):
    (runs / "a" / "config.json").write_text("{")
    (runs / "deep" / "b" / "evaluation.json").write_text("[")
    text = overview.format_runs(overview.find([runs]))
    assert "?" in text and "nats 2.25" not in text
