"""Texts for a tokenizer: plain, odd, and no text at all."""

import random

from tfgen.nli.grammar import generate

# A text, and its tokens joined by spaces.
EXAMPLES = [
    ("A man is running.", "A man is running ."),
    ("He can't, won't and doesn't.", "He ca n't , wo n't and does n't ."),
    ("The dog's owner's hats", "The dog 's owner 's hats"),
    ("the dogs' owner", "the dogs ' owner"),
    ("I'm sure they've said we'll", "I 'm sure they 've said we 'll"),
    ('He said: "Hi (you)!"', "He said : `` Hi ( you ) ! ''"),
    ('"Hello," she said.', "`` Hello , '' she said ."),
    ("“Hello,” she said — twice…", "`` Hello , '' she said -- twice ..."),
    ("'quoted' text", "` quoted ' text"),
    ("It costs $1,000.50 at 5:30.", "It costs $ 1,000.50 at 5:30 ."),
    ("Mr. Smith of the U.S. won.", "Mr. Smith of the U.S. won ."),
    ("J. K. Rowling vs. nobody.", "J. K. Rowling vs. nobody ."),
    ("He runs. She walks.", "He runs . She walks ."),
    ("well-known 3.5. example.com.", "well-known 3.5 . example.com ."),
    ("red,green,blue", "red , green , blue"),
    ("wait... what?!", "wait ... what ? !"),
    ("I cannot; gonna, gotta", "I can not ; gon na , got ta"),
    ("a--b – c", "a -- b -- c"),
    ("I ❤️ dogs🐶🐶", "I ❤️ dogs 🐶 🐶"),
    ("isn’t it the boy’s?", "is n't it the boy 's ?"),
    ("a\tb\u00a0c\u3000d\x00e\u2028f", "a b c d e f"),
    ("", ""),
    (" \n ", ""),
    ("do n't 's 'll `` x ''", "do n't 's 'll `` x ''"),
]


# Pieces that meet in odd ways.
PIECES = (
    [text for text, _ in EXAMPLES]
    + list("'\"`.,:;!?-()[]{}<>/\\@#$%&*+=|~^_ \t\n\r\x00\x1f\x7f")
    + ["n't", "'s", "'S", "'ll", "N'T", "''", "``", "--", "...", "…", "Mr."]
    + ["cannot", "gonna", "gotta", "wanna", "U.S.", "e.g.", "1,000", "5:30"]
    + ["a", "B", "é", "E\u0301", "ß", "İ", "ı", "ſ", "K", "Σ", "ς", "٣", "５"]
    + ["שלום", "مرحبا", "\u202e", "\u200f", "\u200b", "\u200d", "\ufeff"]
    + ["你好。", "　", "\u2028", "\x85", "\xa0", "\u180e", "\ufffd", "\ue000"]
    + ["\ue001", "👩‍👩‍👧", "🐶", "❤️", "🏳️‍🌈", "👍🏽", "\U0010ffff", "\uffff"]
)


def strings():
    """10,000 texts, as str or as bytes, always the same."""
    rng = random.Random(0)
    texts = list(PIECES)
    for pair in generate.pairs("train", 1500, 0):
        texts += [pair.premise, pair.hypothesis]
    while len(texts) < 8000:
        n = rng.randrange(1, 12)
        glue = rng.choice(["", " "])
        texts.append(glue.join(rng.choices(PIECES, k=n)))
    while len(texts) < 9000:
        n = rng.randrange(30)
        texts.append("".join(chr(rng.randrange(0x110000)) for _ in range(n)))
    while len(texts) < 9990:
        texts.append(rng.randbytes(rng.randrange(20)))
    words = [rng.choice(PIECES) for _ in range(10_000)]
    texts.append(" ".join(words))
    texts.append("word " * 10_000)
    texts.append("'" * 10_000)
    texts.append(". " * 5_000)
    texts.append("a" * 100_000)
    texts += [b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\xe2\x82"]
    texts += ["", " ", "\n\t"]
    return texts
