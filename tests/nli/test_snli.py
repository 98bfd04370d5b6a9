import json

import pytest
import write_snli

from tfgen.errors import UserError
from tfgen.nli import catalog, snli
from tfgen.nli.pairs import LABELS, Pair
from tfgen.nli.settings import NliDataConfig
from tfgen.nli.text.tokenizer import tokenize


def opened(folder, tokens, skip_bad):
    config = NliDataConfig(tokens=tokens, skip_bad_records=skip_bad)
    return snli.published_pairs(folder, config)


SIZES = {"train": 2000, "dev": 60, "test": 30}
SPLITS = {"train": "train", "validation": "dev", "test": "test"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("snli")
    folder.joinpath("unlabelled").write_text(
        json.dumps(write_snli.write(folder, SIZES))
    )
    return folder


@pytest.mark.parametrize("tokens", ["parse", "text"])
def test_both_kinds_of_files_hold_the_same_pairs(folder, tokens, tmp_path):
    unlabelled = json.loads(folder.joinpath("unlabelled").read_text())
    only = {}
    for kind in ("jsonl", "txt"):
        only[kind] = tmp_path / kind
        only[kind].mkdir()
        for name in SIZES:
            file = f"snli_1.0_{name}.{kind}"
            (only[kind] / file).symlink_to(folder / file)
    for split, name in SPLITS.items():
        a, b = (
            list(opened(str(path), tokens, False).read(split))
            for path in only.values()
        )
        assert a == b and len(a) == SIZES[name] - unlabelled[name]
        assert {p.label for p in a} == {0, 1, 2}
    assert sum(unlabelled.values()) > 0


def test_parse_and_text_have_the_same_tokens(folder):
    parsed = opened(str(folder), "parse", False).read("test")
    raw = opened(str(folder), "text", False).read("test")
    for a, b in zip(parsed, raw, strict=True):
        assert a.premise.split(" ") == tokenize(b.premise)
        assert a.hypothesis.split(" ") == tokenize(b.hypothesis)
        assert a.label == b.label


def test_a_parse_is_its_tokens():
    parse = (
        "( ( ( A boy ) ( -LRB- ( in ( red -RRB- ) ) ) )"
        " ( ( ca n't ) ( run . ) ) )"
    )
    assert snli.tokens_of_parse(parse) == "A boy ( in red ) ca n't run ."
    assert snli.tokens_of_parse("Yes") == "Yes"
    assert snli.tokens_of_parse("") == ""


# The examples of the paper's Table 1.
TABLE_1 = [
    (
        "The boy is running through a grassy area.",
        "The boy is in his room.",
        "contradiction",
    ),
    (
        "The boy is running through a grassy area.",
        "A boy is running outside.",
        "entailment",
    ),
    (
        "The boy is running through a grassy area.",
        "The boy is in a park.",
        "neutral",
    ),
]


def test_the_examples_of_the_paper(tmp_path):
    for name in SIZES:
        with (tmp_path / f"snli_1.0_{name}.jsonl").open("w") as file:
            for i, (premise, hypothesis, label) in enumerate(TABLE_1):
                row = write_snli.row(
                    tokenize(premise, False),
                    tokenize(hypothesis, False),
                    label,
                    i,
                )
                file.write(json.dumps(row) + "\n")
    pairs = list(opened(str(tmp_path), "text", False).read("train"))
    assert [LABELS[p.label] for p in pairs] == [e[2] for e in TABLE_1]
    assert pairs[0].premise == TABLE_1[0][0]
    config = NliDataConfig(name=f"snli:{tmp_path}")
    train, vocabulary = catalog.prepare(config, 0, "train")
    words = [vocabulary.tokens[i] for i in train.hypothesis[1]]
    assert words == "a boy is running outside .".split()


def test_multinli(tmp_path):
    names = ("train", "dev_matched", "dev_mismatched")
    write_snli.write(
        tmp_path,
        dict.fromkeys(names, 20),
        prefix="multinli_1.0_",
        kinds=("txt",),
    )
    source = opened(str(tmp_path), "parse", False)
    for split in SPLITS:
        assert len(list(source.read(split))) == 20


def malformed(folder, line):
    """Three rows, the second of which is `line`."""
    write_snli.write(folder, dict.fromkeys(SIZES, 3), kinds=("jsonl",))
    path = folder / "snli_1.0_train.jsonl"
    lines = path.read_bytes().split(b"\n")
    good = json.loads(lines[0])
    lines[1] = line(good) if callable(line) else line
    path.write_bytes(b"\n".join(lines))
    return path


def without(name):
    return lambda row: json.dumps(
        {k: v for k, v in row.items() if k != name}
    ).encode()


def having(name, value):
    return lambda row: json.dumps({**row, name: value}).encode()


@pytest.mark.parametrize(
    "line, message",
    [
        (without("gold_label"), "no 'gold_label'; the row has annotator"),
        (
            having("gold_label", "maybe"),
            "'gold_label' is 'maybe', expected one",
        ),
        (having("gold_label", None), "'gold_label' is None, expected one of"),
        (having("gold_label", 7), "'gold_label' is 7"),
        (having("gold_label", True), "'gold_label' is True"),
        (having("gold_label", ["neutral"]), "'gold_label' is .'neutral'"),
        (without("sentence2_binary_parse"), "no 'sentence2_binary_parse'"),
        (having("sentence1_binary_parse", 3), "is 3, expected text"),
        (b'{"gold_label": "neutral", ', "not JSON"),
        (b"[1, 2]", r"is \[1, 2\], expected a JSON object"),
        (b"7", "is 7, expected a JSON object"),
        (b'{"gold_label": "\xff"}', "the byte 0xff is not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b"1" * 10_000, "not JSON"),
    ],
)
def test_malformed_rows(tmp_path, line, message, caplog):
    path = malformed(tmp_path, line)
    source = opened(str(tmp_path), "parse", False)
    with pytest.raises(UserError, match=rf"train.jsonl, line 2: .*{message}"):
        list(source.read("train"))
    pairs = list(opened(str(tmp_path), "parse", True).read("train"))
    (said,) = caplog.messages
    assert said == (
        f"{path}: left out 1 malformed rows and {2 - len(pairs)} without a"
        " label."
    )


def test_columns_of_text_files(tmp_path):
    write_snli.write(tmp_path, dict.fromkeys(SIZES, 3), kinds=("txt",))
    path = tmp_path / "snli_1.0_train.txt"
    lines = path.read_text().split("\n")
    lines[2] = lines[2].split("\t", 1)[1]
    path.write_text("\n".join(lines))
    source = opened(str(tmp_path), "parse", False)
    with pytest.raises(UserError, match="line 3: 13 columns, expected .* 14"):
        list(source.read("train"))
    path.write_text("a\tb\n1\t2\n")
    with pytest.raises(UserError, match="line 2: no 'gold_label'.* has a, b"):
        list(source.read("train"))


def test_errors(tmp_path):
    with pytest.raises(UserError, match="none: not a folder.*snli_1.0_train"):
        opened(str(tmp_path / "none"), "parse", False)
    with pytest.raises(UserError, match="no file of SNLI or MultiNLI"):
        opened(str(tmp_path), "parse", False)
    (tmp_path / "snli_1.0_train.txt").write_text("")
    with pytest.raises(UserError, match=r"snli_1.0_dev.jsonl .* is missing"):
        opened(str(tmp_path), "parse", False)
    with pytest.raises(
        UserError, match="data.tokens=tree: unknown.* Known: parse, text"
    ):
        opened(str(tmp_path), "tree", False)
    (tmp_path / "snli_1.0_dev.txt").write_text("")
    (tmp_path / "snli_1.0_test.txt").write_text("")
    source = opened(str(tmp_path), "parse", False)
    assert list(source.read("train")) == []
    (tmp_path / "snli_1.0_train.txt").unlink()
    with pytest.raises(UserError, match="train.txt: cannot be read: No such"):
        list(source.read("train"))


def test_half_characters_and_line_feeds(tmp_path):
    malformed(tmp_path, having("sentence1", "a \ud83d b\nc"))
    pairs = list(opened(str(tmp_path), "text", False).read("train"))
    assert pairs[1].premise.split(" ")[0] == "a"
    assert pairs[1].premise.endswith(" b c")
    assert pairs[1].premise.encode()
    assert isinstance(pairs[1], Pair)
