import os
import subprocess
import sys

import pytest

from tfgen.data import catalog
from tfgen.data.settings import DataConfig
from tfgen.errors import UserError


def test_unknown_name():
    with pytest.raises(
        UserError,
        match=r"data=moon: unknown\. Did you mean 'moons'\?.*digits",
    ):
        catalog.load(DataConfig(name="moon"), seed=0)


def test_listing_imports_nothing_heavy():
    code = """
import sys
from tfgen.data import catalog
heavy = {"tensorflow", "keras", "tensorflow_datasets", "sklearn", "PIL"}
print(sorted(heavy & set(sys.modules)))
"""
    output = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert output.stdout == "[]\n"


def test_digits_do_not_depend_on_the_seed():
    a, b = (catalog.load(DataConfig(name="digits"), seed) for seed in (0, 1))
    for split in a.splits:
        for name in a.splits[split]:
            assert (a.splits[split][name] == b.splits[split][name]).all()


@pytest.mark.parametrize("name", ["image_folder", "tfds", "mnst"])
def test_other_kinds_are_listed(name):
    with pytest.raises(UserError, match=r"image_folder:PATH.*tfds:NAME"):
        catalog.load(DataConfig(name=name), seed=0)
