import pytest

from tfgen.nli.grammar.english import Clause, Sentence, english

C = Clause


@pytest.mark.parametrize(
    "sentence, expected",
    [
        (Sentence(C("dog", "run")), "A dog is running."),
        (Sentence(C("elephant", "sleep")), "An elephant is sleeping."),
        (
            Sentence(C("elephant", "sleep", adj="tired")),
            "A tired elephant is sleeping.",
        ),
        (
            Sentence(C("dog", "run", adj="angry", det="the", count=3)),
            "The three angry dogs are running.",
        ),
        (
            Sentence(C("wolf", "run", count=2), past=True),
            "Two wolves were running.",
        ),
        (
            Sentence(
                C("girl", "eat", "apple", oadj="hot", place="in the park")
            ),
            "A girl is eating a hot apple in the park.",
        ),
        (
            Sentence(C("dog", "chase", "cat", det="the"), passive=True),
            "A cat is being chased by the dog.",
        ),
        (
            Sentence(
                C("two", "chase", "cat", count=1)._replace(
                    noun="dog", count=2, manner="eagerly"
                ),
                passive=True,
                past=True,
            ),
            "A cat was being eagerly chased by two dogs.",
        ),
        (
            Sentence(
                C("boy", "wash", "fruit", det="the", negative=True),
                contracted=True,
            ),
            "The boy isn't washing any fruit.",
        ),
        (
            Sentence(C("boy", "wash", "fruit", oadj="cold")),
            "A boy is washing some cold fruit.",
        ),
        (
            Sentence(C("boy", "wash", "fruit", odet="the", det="no")),
            "No boys are washing the fruit.",
        ),
        (
            Sentence(C("person", "run", det="no")),
            "No people are running.",
        ),
        (
            Sentence(C("child", "run", det="every", adj="happy")),
            "Every happy child is running.",
        ),
        (
            Sentence(C("child", "run", det="not_all"), past=True),
            "Not all children were running.",
        ),
        (
            Sentence(C("child", "run", det="some", negative=True)),
            "Some children are not running.",
        ),
        (
            Sentence(C("child", "read", "book", det="at_least_3")),
            "At least three children are reading a book.",
        ),
        (
            Sentence(
                C("man", "run", color="red", garment="hat", time="at noon")
            ),
            "A man in a red hat is running at noon.",
        ),
        (
            Sentence(C("man", "run", color="red", garment="scarf", count=2)),
            "Two men in red scarves are running.",
        ),
        (
            Sentence(C("man", "run", garment="hat")),
            "A man in a hat is running.",
        ),
        (
            Sentence(
                C("man", "run"), C("owl", "sleep", agent="z"), join="while"
            ),
            "A man is running while an owl is sleeping.",
        ),
        (
            Sentence(C("man", "run"), C("owl", "sleep"), join="fronted"),
            "While an owl is sleeping, a man is running.",
        ),
        (
            Sentence(C("man", "run"), C("owl", "sleep"), "and", past=True),
            "A man was running, and an owl was sleeping.",
        ),
        (
            Sentence(C("man", "run"), tail="sing"),
            "A man is running and singing.",
        ),
        (
            Sentence(
                C("man", "run", count=2),
                tail="sing",
                tail_negative=True,
                contracted=True,
            ),
            "Two men are running but aren't singing.",
        ),
        (
            Sentence(C("man", "sit_next_to", "woman")),
            "A man is sitting next to a woman.",
        ),
    ],
)
def test_sentences(sentence, expected):
    assert english(sentence) == expected
