import pytest

from tfgen.nli.grammar.relations import relate

R = relate(
    {"animal": ["dog", "cat", "pet"], "dog": ["puppy"], "_all": ["animal"]},
    [("dog", "cat")],
    others=["red"],
)


def test_hypernyms_are_closed():
    assert R.up["puppy"] == ("animal", "dog")
    assert set(R.down["animal"]) == {"dog", "cat", "pet", "puppy"}
    assert "_all" not in R.up and "dog" in R.down["_all"]
    assert R.implies("puppy", "animal") and R.implies("dog", "dog")
    assert not R.implies("animal", "dog")


def test_exclusion_is_inherited():
    assert R.excludes("puppy", "cat") and R.excludes("cat", "puppy")
    assert not R.excludes("animal", "cat")
    assert not R.excludes("pet", "cat")


@pytest.mark.parametrize(
    "a, b, expected",
    [
        ("pet", "cat", True),
        ("red", "cat", True),
        ("dog", "cat", False),
        ("dog", "animal", False),
        ("animal", "puppy", False),
    ],
)
def test_independent(a, b, expected):
    assert R.independent(a, b) is expected
