"""Runs a test file under Bazel, which starts files, not modules."""

import sys

import pytest

if __name__ == "__main__":
    # The files that Bazel makes a test of are not to be written next to.
    sys.exit(pytest.main(["-p", "no:cacheprovider", *sys.argv[1:]]))
