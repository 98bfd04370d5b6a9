"""Captions say what their scenes have, and nothing else is read."""

import itertools
import types

import numpy as np
import pytest

from tfgen.config import DataSpec, Field
from tfgen.data import scenes
from tfgen.data.captions import FILLERS, attributes_of, captions_of, names_in
from tfgen.errors import UserError

FACES = ("Bald", "Hair", "Wavy_Hair", "5_o_Clock_Shadow")


def model(names, conditions=("attributes",)):
    spec = DataSpec(fields=(Field("attributes", (len(names),), names=names),))
    return types.SimpleNamespace(
        spec=spec, conditions=conditions, name="stack_gan"
    )


def test_every_caption_of_every_scene_is_read():
    """All 96, in each form, whatever the case."""
    of_scenes, seen = model(scenes.WORDS), set()
    for words in itertools.product(*scenes.CHOICES):
        row = np.isin(scenes.WORDS, words).astype(np.float32)
        captions = captions_of(row)
        for caption in captions:
            for text in (caption, caption.upper() + "!"):
                found = attributes_of(text, of_scenes)
                np.testing.assert_array_equal(found, row)
                assert found.dtype == np.float32
        by_names = attributes_of(words, of_scenes)
        np.testing.assert_array_equal(by_names, row)
        seen |= set(captions)
    assert len(seen) == 96 * len(captions)
    assert "a small red disc at the top left" in seen
    assert not FILLERS & set(scenes.WORDS)


@pytest.mark.parametrize(
    "caption, message",
    [
        (
            "A tiny disc",
            "^caption=tiny: unknown.* Known: small, large, red,.* right.$",
        ),
        ("small red discs", "^caption=discs: .*Did you mean 'disc'"),
        (
            "a small red disc",
            "^caption=a small red disc: expected one of top, bottom, got none;"
            " one of left, right, got none.$",
        ),
        (
            "a small disc, large and blue, at the top left",
            "left: expected one of small, large, got small and large.$",
        ),
        ("no small red disc at the top left", "^caption=no: unknown"),
        ("", "^caption=: expected one of small, large, got none;"),
    ],
)
def test_what_is_no_caption_of_a_scene(caption, message):
    with pytest.raises(UserError, match=message):
        names_in(caption, scenes.WORDS)


def test_names_of_other_data():
    """The longest name is said, and none need be."""
    found = names_in("There is wavy-hair, and a 5 o'clock shadow.", FACES)
    assert found == ["Wavy_Hair", "5_o_Clock_Shadow"]
    assert names_in("hair; BALD", FACES) == ["Bald", "Hair"]
    assert names_in("with a b", ("A", "B")) == ["A", "B"]
    with pytest.raises(UserError, match="^caption=wavy: unknown.*Bald, Hair"):
        names_in("wavy", FACES)
    with pytest.raises(UserError, match="is: expected one of Bald, .* got non"):
        names_in("there is", FACES)
    np.testing.assert_array_equal(attributes_of([], model(FACES)), [0] * 4)


@pytest.mark.parametrize(
    "said, asked, message",
    [
        ("bald", model(FACES, ("label",)), "^caption: stack_gan takes none"),
        (["Bald"], model(FACES, ()), "^attributes: stack_gan takes none"),
        ("bald", model(()), "^caption: the attributes .* have no names"),
        (["bald"], model(FACES), "^attributes=bald: unknown. Did .* 'Bald'"),
    ],
)
def test_what_says_no_attributes(said, asked, message):
    with pytest.raises(UserError, match=message):
        attributes_of(said, asked)
