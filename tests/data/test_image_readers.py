import numpy as np
import pytest
from PIL import Image

from tfgen.data import image_readers
from tfgen.data.image_file import BadImageError

SETTINGS = (4, 0, (255, 255, 255))


@pytest.fixture(params=["threads", "processes"])
def kind(request, monkeypatch):
    if request.param == "processes":
        monkeypatch.setattr(image_readers, "MANY", 1)


@pytest.fixture
def paths(tmp_path):
    """200 files; number 7 is none."""
    paths = [str(tmp_path / f"{i}.png") for i in range(200)]
    for i, path in enumerate(paths):
        Image.new("L", (4, 4), i).save(path)
    (tmp_path / "7.png").write_text("hello")
    return paths


def test_every_file_in_its_order(paths, kind):
    results = list(image_readers.read_each(paths, *SETTINGS))
    assert len(results) == len(paths)
    bad = results.pop(7)
    assert isinstance(bad, BadImageError)
    assert "not a readable image" in str(bad)
    values = [x[0, 0, 0] for x, *_ in results]
    np.testing.assert_array_equal(values, [*range(7), *range(8, 200)])


def test_the_processes_end_with_the_reading(paths, monkeypatch):
    monkeypatch.setattr(image_readers, "MANY", 1)
    started, popen = [], image_readers.subprocess.Popen

    def start(*args, **kwargs):
        started.append(popen(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(image_readers.subprocess, "Popen", start)
    results = image_readers.read_each(paths, *SETTINGS)
    next(results)
    assert started
    assert all(process.poll() is None for process in started)
    results.close()
    assert all(process.poll() is not None for process in started)


def test_a_process_that_is_killed(paths):
    with image_readers._Process(SETTINGS) as reader:
        assert len(reader(paths[:3])) == 3
        reader._process.kill()
        reader._process.wait()
        with pytest.raises(RuntimeError, match=r"ended near .*/0\.png"):
            reader(paths)
