"""Any bytes at all: pairs, or an error that says where."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tfgen.errors import UserError
from tfgen.nli import snli, table
from tfgen.nli.pairs import LABELS

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
SPLITS = {"train": "train", "validation": "dev", "test": "test"}


def read(source, split):
    try:
        pairs = list(source.read(split))
    except UserError as error:
        assert "\n" not in str(error)
        return None
    for pair in pairs:
        assert pair.label in range(len(LABELS))
        for text in pair[:2]:
            assert "\n" not in text
            assert text.encode()
    return pairs


@pytest.mark.parametrize("kind", ["jsonl", "txt"])
@pytest.mark.parametrize("skip_bad", [False, True])
@given(contents, st.sampled_from(["parse", "text"]))
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_snli(tmp_path_factory, kind, skip_bad, content, tokens):
    folder = tmp_path_factory.mktemp("f")
    for name in SPLITS.values():
        (folder / f"snli_1.0_{name}.{kind}").write_bytes(content)
    read(snli.load(str(folder), tokens, skip_bad), "train")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
@pytest.mark.parametrize("skip_bad", [False, True])
@given(contents)
@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_table(tmp_path_factory, kind, skip_bad, content):
    path = tmp_path_factory.mktemp("f") / f"a.{kind}"
    path.write_bytes(content)
    source = table.load(str(path), skip_bad=skip_bad)
    found = [read(source, split) for split in SPLITS]
    # What one split reports, all do: each reads the whole file.
    assert len({pairs is None for pairs in found}) == 1
