"""Any bytes at all: pairs, or an error that says where."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfgen.data.source import SPLITS
from tfgen.errors import UserError
from tfgen.nli import snli, table
from tfgen.nli.pairs import LABELS
from tfgen.nli.settings import NliDataConfig

NAMES = (
    "premise",
    "hypothesis",
    "label",
    "gold_label",
    "sentence1",
    "sentence2",
    "sentence1_binary_parse",
    "sentence2_binary_parse",
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([*LABELS, "-", "( a b )", "\ud800", "\n", "\t"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
rows = st.dictionaries(st.sampled_from(NAMES) | st.text(), values, max_size=9)
json_lines = rows.map(json.dumps).map(lambda s: s.encode())
cells = st.text(max_size=5) | st.sampled_from([*LABELS, "-", '"', ",", "\r"])


def separated(by):
    line = st.lists(cells | st.sampled_from(NAMES), max_size=6).map(by.join)
    header = st.permutations(NAMES).map(by.join)
    return st.tuples(header, st.lists(line, max_size=5)).map(
        lambda t: "\n".join([t[0], *t[1]]).encode("utf-8", "replace")
    )


@st.composite
def damaged(draw):
    """Lines of which some bytes are others."""
    lines = draw(st.lists(json_lines | st.binary(max_size=30), max_size=5))
    data = bytearray(b"\n".join(lines))
    for _ in range(draw(st.integers(0, 3))):
        if data:
            place = draw(st.integers(0, len(data) - 1))
            data[place] = draw(st.integers(0, 255))
    return bytes(data)


contents = st.one_of(
    st.binary(max_size=80), damaged(), separated("\t"), separated(",")
)


fuzzed = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def read(source, split, file):
    """The pairs of a split; or None, and the error names the file."""
    try:
        pairs = list(source.read(split))
    except UserError as error:
        where = re.escape(str(file))
        of_all = "most of its|empty|not text|not a JSON array|cannot be read"
        what = rf"(, line \d+: |: ({of_all})).*\Z"
        assert re.match(where + what, str(error))
        return None
    for pair in pairs:
        assert pair.label and "\n" not in pair.label
        for text in pair[:2]:
            assert "\n" not in text
            assert text.encode()
    return pairs


def assert_the_rest_is_kept(open_source, splits, file):
    """Reads a file strictly, and without its malformed rows."""
    lenient, strict = (open_source(skip_bad_records=s) for s in (True, False))
    for split in splits:
        pairs = read(lenient, split, file)
        if read(strict, split, file) is not None:
            assert read(strict, split, file) == pairs


@pytest.mark.parametrize("kind", ["jsonl", "txt"])
@given(contents, st.sampled_from(["parse", "text"]))
@fuzzed
def test_snli(tmp_path_factory, kind, content, tokens):
    folder = tmp_path_factory.mktemp("f")
    for name in ("train", "dev", "test"):
        file = folder / f"snli_1.0_{name}.{kind}"
        file.write_bytes(content)

    def open_source(**settings):
        config = NliDataConfig(tokens=tokens, **settings)
        return snli.published_pairs(str(folder), config)

    assert_the_rest_is_kept(open_source, ["test"], file)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
@given(contents)
@fuzzed
def test_table(tmp_path_factory, kind, content):
    file = tmp_path_factory.mktemp("f") / f"a.{kind}"
    file.write_bytes(content)

    def open_source(**settings):
        return table.table_pairs(str(file), NliDataConfig(**settings))

    assert_the_rest_is_kept(open_source, SPLITS, file)
    # What one split reports, all do: each reads the whole file, as it is.
    source = open_source()
    found = [read(source, split, file) for split in SPLITS]
    assert len({pairs is None for pairs in found}) == 1
