import contextlib
import io
import json
import logging
import os
import pty
import re
import sys
import termios

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfgen.errors import UserError
from tfgen.train import writers
from tfgen.train.writers import MetricsFile, Progress, Speed, TensorBoard


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_metrics_are_one_object_a_line(tmp_path):
    path = tmp_path / "metrics.jsonl"
    file = MetricsFile(path, 0)
    file.write(1, {"loss": np.float32(0.5)})
    # A crash later: what was written is there without closing.
    assert lines(path) == [{"step": 1, "loss": 0.5}]
    file.close()


@pytest.mark.parametrize(
    "resumed_from, left", [(0, []), (1, [1]), (2, [1, 2, 2]), (9, [1, 2, 2, 3])]
)
def test_lines_of_later_steps_are_dropped(tmp_path, resumed_from, left):
    path = tmp_path / "metrics.jsonl"
    file = MetricsFile(path, 0)
    for step in (1, 2, 2, 3):
        file.write(step, {"loss": step})
    file.close()
    file = MetricsFile(path, resumed_from)
    file.write(10, {})
    file.close()
    assert [line["step"] for line in lines(path)] == [*left, 10]
    assert [p.name for p in tmp_path.iterdir()] == ["metrics.jsonl"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.binary(max_size=20))
def test_a_line_cut_short_is_dropped(tmp_path, cut):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n' + cut.replace(b"\n", b""))
    file = MetricsFile(path, 5)
    file.write(6, {})
    file.close()
    assert lines(path)[0] == {"step": 1}
    assert lines(path)[-1] == {"step": 6}


ODD = [
    "",
    "# a note",
    "[" * 100_000,
    '{"step":' * 100_000,
    '{"step": null}',
    '{"step": "2"}',
    '{"step": NaN}',
    '{"step": Infinity}',
    '{"step": 1, "step": 9}',
    "[]",
    "null",
    "3",
    '{"loss": 1}',
    "1" * 5000,
    "été",
]


def test_lines_without_a_step_are_kept_and_counted(tmp_path, caplog):
    path = tmp_path / "metrics.jsonl"
    held = ['{"step": 1}', *ODD, '{"step": 3}', '{"step": 9}']
    path.write_text("".join(f"{line}\n" for line in held))
    with caplog.at_level("WARNING", "absl"):
        MetricsFile(path, 5).close()
    assert path.read_text().split("\n") == [*held[:-1], ""]
    (record,) = caplog.records
    assert record.getMessage() == (
        f"{path}: {len(ODD)} lines are no JSON objects with a step, the first"
        " of them line 2; they are kept."
    )


def test_bytes_that_are_no_text_are_kept_in_words(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b"\xff\x00\n")
    MetricsFile(path, 5).close()
    assert path.read_text() == "\\xff\x00\n"


def test_a_folder_in_the_place_of_the_file_is_one_line(tmp_path):
    with pytest.raises(
        UserError, match=f"^cannot write {tmp_path} \\(Is a dir"
    ):
        MetricsFile(tmp_path, 5)


def test_a_full_disk_is_one_line(tmp_path):
    path = tmp_path / "metrics.jsonl"
    file = MetricsFile(path, 0)
    file.close()
    file._file = open("/dev/full", "a")
    with pytest.raises(UserError, match=r"metrics.jsonl \(No space left"):
        file.write(1, {})
    file.close()


def events(folder):
    (path,) = folder.glob("events.out.tfevents.*")
    for record in tf.data.TFRecordDataset(str(path)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            plugin = value.metadata.plugin_data.plugin_name
            yield event.step, value.tag, plugin, tf.make_ndarray(value.tensor)


def test_tensorboards_files_can_be_read(tmp_path):
    board = TensorBoard(tmp_path)
    board.scalars(3, {"loss": 0.5, "validation_loss": 2.0})
    variable = keras.Variable(np.arange(8.0), name="kernel")
    board.histograms(4, {"flow/kernel": variable})
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    board.image(5, "samples", picture)
    board.close()
    loss, validation, histogram, image = events(tmp_path)
    assert loss[:3] == (3, "loss", "scalars") and loss[3] == 0.5
    assert validation[:2] == (3, "validation_loss") and validation[3] == 2.0
    assert histogram[:3] == (4, "flow/kernel", "histograms")
    # Buckets: from, to, how many.
    assert histogram[3][0, 0] == 0 and histogram[3][-1, 1] == 7
    assert histogram[3][:, 2].sum() == 8
    assert image[:3] == (5, "samples", "images")
    width, height, png = image[3]
    assert (int(width), int(height)) == (3, 2)
    np.testing.assert_array_equal(tf.io.decode_png(png), picture)


def test_settings_are_a_text_and_hyperparameters(tmp_path):
    board = TensorBoard(tmp_path)
    board.settings(2, {"train.steps": 8, "network.sizes": (3, 4)})
    board.close()
    text, start, *_ = events(tmp_path)
    assert text[:3] == (2, "settings", "text")
    assert "| network.sizes | (3, 4) |" in text[3].item().decode()
    assert start[1:3] == ("_hparams_/session_start_info", "hparams")


def test_a_board_that_cannot_be_written_is_one_line():
    with pytest.raises(UserError, match="^cannot write /dev/null/lo"):
        TensorBoard("/dev/null/logs")


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is set."""
    now = [100.0]
    monkeypatch.setattr(writers.time, "monotonic", lambda: now[0])

    def advance(seconds):
        now[0] += seconds

    return advance


def test_speed_counts_neither_compilation_nor_pauses(clock):
    speed = Speed()
    clock(60)  # compilation
    speed.stop(20)
    assert speed.read() == {}
    clock(7)  # evaluation
    for _ in range(2):
        speed.start()
        clock(2)
        speed.stop(20)
        clock(5)
    assert speed.read() == {"steps_per_second": 10.0}
    assert speed.read() == {}


def test_plain_lines(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    progress = Progress(start=100, total=190, every=20)
    for step in (120, 130, 150, 160, 190):
        clock(60 if step == 120 else 5)  # the first call compiles
        progress.update(step, {"loss": 1 / step})
        progress.update(step, {"validation": 2.0})
    progress.close()
    assert sys.stderr.getvalue().splitlines() == [
        "step 120/190, loss 0.008333",
        "step 150/190, loss 0.006667, validation 2, 3.0 steps/s, 13 s left",
        "step 160/190, loss 0.00625, validation 2, 2.7 steps/s, 11 s left",
        "step 190/190, loss 0.005263, validation 2, 3.5 steps/s, 0 s left",
    ]


def test_a_plain_line_waits_for_the_evaluation_of_its_step(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    progress = Progress(start=0, total=4, every=2)
    for step in (2, 4):
        progress.update(step, {"loss": step}, more=True)
        progress.update(step, {"validation": 10 * step})
    progress.close()
    first, last = sys.stderr.getvalue().splitlines()
    assert first == "step 2/4, loss 2, validation 20"
    assert last.startswith("step 4/4, loss 4, validation 40, ")


def on_terminal(monkeypatch, use):
    """Returns what `use` writes to standard error, a terminal."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 100))
    with open(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        use()
        terminal.flush()
        monkeypatch.undo()
    # The kernel hands it on piece by piece, then says that the slave is gone.
    written = b""
    with contextlib.suppress(OSError):
        while piece := os.read(master, 100_000):
            written += piece
    os.close(master)
    return written.decode()


def test_a_terminal_shows_a_bar(monkeypatch):
    def use():
        progress = Progress(start=100, total=200, every=1)
        progress.update(150, {"loss": 0.25})
        progress.update(200, {"loss": 0.125})
        progress.close()

    text = on_terminal(monkeypatch, use)
    assert "\r" in text
    assert re.search(r"50%\|█+ .*\| 100/200", text)
    assert re.search(r"75%\|█+.*\| 150/200 .*loss 0.25\]", text)
    assert re.search(r"100%\|█+\| 200/200 .*steps?/s, loss 0.125\]", text)
    assert "step 150/200" not in text


def test_a_bar_says_what_takes_long_and_ends_full(monkeypatch):
    """However soon the last step comes after the one before."""

    def use():
        progress = Progress(start=0, total=300, every=100)
        progress.doing("compiling", line=True)
        progress.update(1, {})
        progress.doing("")
        for step in range(2, 301):
            progress.update(step, {}, more=step == 300)
        sys.stderr.write("VALIDATING")
        progress.doing("validating")
        progress.close()

    text = on_terminal(monkeypatch, use)
    assert text.startswith("\r") and "compiling:   0%" in text
    assert "compiling" not in text.partition("| 2/300 ")[2]
    training, validating = text.split("VALIDATING")
    assert "| 300/300 [" in training.split("\r")[-1]
    assert "validating: 100%" in validating


def test_warnings_go_above_the_bar(monkeypatch):
    def use():
        progress = Progress(start=0, total=10, every=1)
        progress.update(1, {})
        handler = logging.StreamHandler(sys.stderr)
        logger = logging.getLogger("absl")
        logger.addHandler(handler)
        logger.warning("something is odd")
        logger.removeHandler(handler)
        progress.update(2, {})
        progress.close()

    text = on_terminal(monkeypatch, use)
    before, _, after = text.partition("something is odd")
    assert before.split("\r")[-1] == "" and before.split("\r")[-2].isspace()
    assert after.startswith("\r\n")


def test_the_bars_rate_is_without_compilation(monkeypatch):
    def use():
        progress = Progress(start=0, total=1000, every=1)
        progress._bar._time = lambda: now[0]
        progress._bar.start_t = progress._bar.last_print_t = now[0]
        for step, seconds in ((100, 60), (200, 10), (600, 40)):
            now[0] += seconds
            progress.update(step, {})
        progress.close()

    now = [0.0]
    text = on_terminal(monkeypatch, use)
    # 500 steps in 50 s since the first call, and 400 to go.
    assert re.search(r"600/1000 \[00:50<00:40, 10\.0+step/s\]", text)
