"""Writes files of SNLI's published format, and measures reading them.

By hand, at full size:

    PYTHONPATH=. python tests/nli/write_snli.py /tmp/snli

writes 550,152 training rows (and 10,000 of each other split) to that folder if
they are not there, and prints how long reading, counting words, encoding and
batching take, and the most memory they need.
"""

from __future__ import annotations

import json
import pathlib
import resource
import sys
import time

import numpy as np

SIZES = {"train": 550_152, "dev": 10_000, "test": 10_000}
NUM_WORDS = 36_000  # SNLI's training split has about as many
UNLABELLED = 0.0014  # share of rows whose gold label is "-"
LABELS = ("entailment", "neutral", "contradiction")
COLUMNS = (
    "gold_label",
    "sentence1_binary_parse",
    "sentence2_binary_parse",
    "sentence1_parse",
    "sentence2_parse",
    "sentence1",
    "sentence2",
    "captionID",
    "pairID",
    "label1",
    "label2",
    "label3",
    "label4",
    "label5",
)


def words(n: int) -> list[str]:
    """Different words, short ones first, as frequent words are."""
    letters = "etaoinshrdlucmfw"
    found = []
    for i in range(n):
        word = ""
        i += 1
        while i:
            i, digit = divmod(i, len(letters))
            word += letters[digit]
        found.append(word)
    return found


def binary_parse(tokens: list[str]) -> str:
    """A parse that branches to the right."""
    return (
        "( " * (len(tokens) - 1)
        + tokens[0]
        + "".join(f" {token} )" for token in tokens[1:])
    )


def tree(tokens: list[str]) -> str:
    return "(ROOT (S " + " ".join(f"(NN {t})" for t in tokens) + "))"


class Sentences:
    """Random sentences with the lengths and the word frequencies of SNLI."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)
        self._words = words(NUM_WORDS)
        weights = 1 / (np.arange(NUM_WORDS) + 3.0)
        self._edges = np.cumsum(weights) / weights.sum()

    def batch(self, n: int, mean: float, sigma: float) -> list[list[str]]:
        rng = self._rng
        lengths = np.exp(rng.normal(np.log(mean) - sigma**2 / 2, sigma, n))
        lengths = np.clip(lengths.round(), 2, 80).astype(int)
        ids = np.searchsorted(self._edges, rng.random(lengths.sum()))
        chosen = [self._words[i] for i in ids.tolist()]
        ends = np.cumsum(lengths).tolist()
        return [
            [*chosen[end - k : end - 1], "."]
            for end, k in zip(ends, lengths.tolist())
        ]


def row(premise: list[str], hypothesis: list[str], label: str, i: int) -> dict:
    text1 = " ".join(premise[:-1]).capitalize() + "."
    text2 = " ".join(hypothesis[:-1]).capitalize() + "."
    labels = ["neutral", "entailment"] if label == "-" else [label]
    return {
        "annotator_labels": labels,
        "captionID": f"{i // 3}.jpg#0",
        "gold_label": label,
        "pairID": f"{i // 3}.jpg#0r{i % 3}",
        "sentence1": text1,
        "sentence1_binary_parse": binary_parse(premise),
        "sentence1_parse": tree(premise),
        "sentence2": text2,
        "sentence2_binary_parse": binary_parse(hypothesis),
        "sentence2_parse": tree(hypothesis),
    }


def write(
    folder: str | pathlib.Path,
    sizes: dict[str, int],
    seed: int = 0,
    kinds: tuple[str, ...] = ("jsonl", "txt"),
    prefix: str = "snli_1.0_",
) -> dict[str, int]:
    """Writes a folder of files; returns how many rows of each have no label."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    unlabelled = {}
    for part, (name, size) in enumerate(sizes.items()):
        sentences = Sentences(seed + part)
        rng = np.random.default_rng(1000 + seed + part)
        files = {
            kind: (folder / f"{prefix}{name}.{kind}").open(
                "w", encoding="utf-8"
            )
            for kind in kinds
        }
        if "txt" in files:
            files["txt"].write("\t".join(COLUMNS) + "\n")
        unlabelled[name] = 0
        for start in range(0, size, 30_000):
            n = min(30_000, size - start)
            # A premise is told three times.
            premises = sentences.batch(-(-n // 3), 14.1, 0.42)
            hypotheses = sentences.batch(n, 8.3, 0.36)
            labels = rng.integers(3, size=n).tolist()
            none = (rng.random(n) < UNLABELLED).tolist()
            for j in range(n):
                label = "-" if none[j] else LABELS[labels[j]]
                unlabelled[name] += none[j]
                fields = row(premises[j // 3], hypotheses[j], label, start + j)
                if "jsonl" in files:
                    files["jsonl"].write(json.dumps(fields) + "\n")
                if "txt" in files:
                    answers = fields["annotator_labels"]
                    for k in range(5):
                        fields[f"label{k + 1}"] = (
                            answers[k] if k < len(answers) else ""
                        )
                    files["txt"].write(
                        "\t".join(fields[c] for c in COLUMNS) + "\n"
                    )
        for file in files.values():
            file.close()
    return unlabelled


def peak() -> float:
    """The most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main(folder: str, tokens: str = "parse") -> None:
    from tfgen.nli import catalog
    from tfgen.nli.settings import NliDataConfig

    if not (pathlib.Path(folder) / "snli_1.0_test.jsonl").exists():
        began = time.perf_counter()
        write(folder, SIZES, kinds=("jsonl",))
        print(f"written in {time.perf_counter() - began:.1f} s; run again")
        return
    print(f"before: {peak():.0f} MB")
    config = NliDataConfig(name=f"snli:{folder}", tokens=tokens)
    began, cpu = time.perf_counter(), time.process_time()
    splits, vocabulary = {}, None
    for split in SIZES:
        name = {"dev": "validation"}.get(split, split)
        splits[name], vocabulary = catalog.prepare(config, 0, name, vocabulary)
    seconds = time.perf_counter() - began
    cpu = time.process_time() - cpu
    print(
        f"read, counted and encoded ({tokens}): {seconds:.1f} s"
        f" ({cpu:.1f} s of CPU), peak {peak():.0f} MB"
    )
    train = splits["train"]
    size = sum(
        a.nbytes
        for s in (train.premise, train.hypothesis)
        for a in (s.ids, s.offsets)
    )
    print(
        f"training: {len(train)} pairs, {size / 1e6:.0f} MB,"
        f" {len(vocabulary)} tokens"
    )
    # With TensorFlow, which alone takes half a gigabyte.
    from tests.nli.padding import padding_share
    from tfgen.nli import batches

    began = time.perf_counter()
    dataset = batches.train_batches(
        train, batch_size=128, seed=0, num_steps=1000, steps_per_call=20
    )
    for _ in dataset:
        pass
    seconds = time.perf_counter() - began
    print(f"1000 batches of 128: {seconds:.1f} s, peak {peak():.0f} MB")
    for k in (1, 20):
        share = padding_share(
            train, batch_size=128, seed=0, num_steps=4000, steps_per_call=k
        )
        print(f"padding at {k} steps a call: {share:.1%}")


if __name__ == "__main__":
    main(*sys.argv[1:])
