"""Verbs: what is done, by whom and to what."""

from __future__ import annotations

import dataclasses

from tfgen.nli.grammar.nouns import members
from tfgen.nli.grammar.relations import relate


@dataclasses.dataclass(frozen=True)
class Verb:
    """A verb, with its preposition if it has one.

    Attributes:
      name: the infinitive.
      ing: the present participle.
      participle: the past participle; "" if there is no passive.
      agents: the nouns that do it.
      objects: the nouns it is done to; empty if it takes no object.
      occupies: letters for parts of the agent: legs, hands, mouth, face, eyes.
        Verbs without a common part can go on at once, and neither tells
        anything of the other.
    """

    name: str
    ing: str
    participle: str
    agents: tuple[str, ...]
    objects: tuple[str, ...]
    occupies: frozenset[str]


# -ing, agents, part
_WITHOUT_OBJECT = """
walk walking _animate l
stroll strolling person l
march marching person l
limp limping _animate l
run running _animate l
sprint sprinting _animate l
jog jogging person l
swim swimming _animate lh
crawl crawling _animate lh
jump jumping _animate l
hop hopping _animate l
sit sitting _animate l
stand standing _animate l
kneel kneeling person l
dance dancing person l
waltz waltzing person l
sleep sleeping _animate lhmfe
nap napping _animate lhmfe
sing singing person m
yodel yodeling person m
whistle whistling person m
speak speaking person m
whisper whispering person m
shout shouting person m
smile smiling person f
grin grinning person f
frown frowning person f
cry crying person f
sob sobbing person f
laugh laughing person mf
giggle giggling person mf
wave waving person h
clap clapping person h
"""
# -ing, participle, agents, part, objects
_WITH_OBJECT = """
follow following followed _animate l _animate
chase chasing chased _animate l _animate
carry carrying carried person h _load
lift lifting lifted person h _load
lower lowering lowered person h _luggage
watch watching watched _animate e _any
admire admiring admired person e _any
describe describing described person m _any
photograph photographing photographed person he _any
draw drawing drawn person he _any
help helping helped person h person
greet greeting greeted person m person
thank thanking thanked person m person
praise praising praised person m _animate
scold scolding scolded person m _animate
touch touching touched person h _animate
tickle tickling tickled person h _animate
stroke stroking stroked person h _animate
feed feeding fed person h _animate
dance_with dancing_with - person l person
waltz_with waltzing_with - person l person
sit_next_to sitting_next_to - _animate l _animate
stand_next_to standing_next_to - _animate l _animate
speak_with speaking_with - person m person
argue_with arguing_with - person m person
eat eating eaten _animate hm food
devour devouring devoured _animate hm food
nibble nibbling nibbled _animate hm food
smell smelling smelled _animate f food flower
cook cooking cooked person h vegetable
fry frying fried person h vegetable
boil boiling boiled person h vegetable
peel peeling peeled person h _peel
cut cutting cut person h food
slice slicing sliced person h food
chop chopping chopped person h food
clean cleaning cleaned person h _clean
wash washing washed person h _clean
scrub scrubbing scrubbed person h _clean
push pushing pushed person h _push
pull pulling pulled person h _push
drag dragging dragged person h _push
open opening opened person h _lid
close closing closed person h _lid
fill filling filled person h container
empty emptying emptied person h container
hold holding held person h _luggage
grip gripping gripped person h _luggage
drop dropping dropped person h _luggage
throw throwing thrown person h _throw
toss tossing tossed person h _throw
catch catching caught person h _throw
buy buying bought person h _goods
sell selling sold person h _goods
repair repairing repaired person h _device
break breaking broken person h _device
smash smashing smashed person h _device
build building built person h _device
paint painting painted person h _device
fold folding folded person h garment publication
sew sewing sewn person h garment
read reading read person e publication
skim skimming skimmed person e publication
play playing played person h instrument
tune tuning tuned person h instrument
drive driving driven person lh _motor
park parking parked person lh _motor
water watering watered person h flower
pick picking picked person h flower
"""
_PARENTS = {
    "walk": "stroll march limp",
    "run": "sprint jog",
    "jump": "hop",
    "dance": "waltz",
    "sleep": "nap",
    "sing": "yodel",
    "speak": "whisper shout",
    "smile": "grin",
    "cry": "sob",
    "laugh": "giggle",
    "follow": "chase",
    "touch": "stroke tickle",
    "dance_with": "waltz_with",
    "speak_with": "argue_with",
    "eat": "devour nibble",
    "cook": "fry boil",
    "cut": "slice chop",
    "clean": "wash scrub",
    "pull": "drag",
    "hold": "grip",
    "throw": "toss",
    "break": "smash",
    "read": "skim",
}
_EXCLUSIVE = (
    "walk run swim crawl sit stand kneel",
    "jump swim",
    "jump sit",
    "jump crawl",
    "jump kneel",
    "dance sit",
    "sprint jog",
    "stroll march",
    "whisper shout",
    "smile frown",
    "praise scold",
    "sit_next_to stand_next_to",
    "devour nibble",
    "fry boil",
    "push pull",
    "lift lower",
    "open close",
    "fill empty",
    "hold drop",
    "throw catch",
    "buy sell",
    "repair break build",
    # Nobody does these asleep.
    "sleep run",
    "sleep swim",
    "sleep jump",
    "sleep dance",
    "sleep crawl",
    "sleep kneel",
    "sleep march",
    "sleep sing",
    "sleep shout",
    "sleep wave",
    "sleep clap",
    "sleep chase",
    "sleep eat",
    "sleep read",
    "sleep cook",
    "sleep watch",
)
# While A does it to B, B does not do it to A.
ASYMMETRIC = frozenset("follow chase carry lift".split())
# A does it with B just if B does it with A.
SYMMETRIC = frozenset(
    "dance_with waltz_with sit_next_to stand_next_to speak_with"
    " argue_with".split()
)
# Whether A does it to B says nothing of whether B does it to A.
RECIPROCAL = frozenset(
    "watch admire describe photograph draw help greet thank praise scold touch"
    " tickle stroke feed".split()
)


def _read() -> dict[str, Verb]:
    verbs = {}
    for line in _WITHOUT_OBJECT.strip().split("\n"):
        name, ing, agents, part = line.split()
        verbs[name] = Verb(name, ing, "", members(agents), (), frozenset(part))
    for line in _WITH_OBJECT.strip().split("\n"):
        name, ing, participle, agents, part, *objects = line.split()
        verbs[name] = Verb(
            name,
            ing.replace("_", " "),
            participle.strip("-"),
            members(agents),
            members(" ".join(objects)),
            frozenset(part),
        )
    return verbs


VERBS = _read()
ACTIONS = relate(
    {parent: children.split() for parent, children in _PARENTS.items()},
    [group.split() for group in _EXCLUSIVE],
    others=VERBS,
)


def compatible(a: str, b: str) -> bool:
    """Returns whether one may do both at once, or either without the other."""
    return not VERBS[a].occupies & VERBS[b].occupies
