"""Holds the batches of two replicas against those of one."""

from tests.data.run_under_strategy import hold
from tfgen.nli import batches
from tfgen.nli.encode import encode
from tfgen.nli.grammar import generate
from tfgen.nli.text.tokenizer import tokenize


def main():
    pairs, _ = encode(generate.pairs("train", 150, 0), tokenize)
    hold(
        batches.train_batches,
        pairs,
        batch_size=8,
        seed=0,
        num_steps=45,
        steps_per_call=20,
    )


if __name__ == "__main__":
    main()
