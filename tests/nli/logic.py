"""Labels by models: what follows, what cannot be, and what is left open.

This decides the label of a pair from its meaning alone; it knows nothing of the
rules that wrote it, and the tests hold every rule against it.

How sentences are read. Both sentences of a pair speak of one scene at one time.
Things and events that have one name in both (`Clause.agent`, `patient`,
`event`) are the same: an event has one agent, one object, one place. So "a cat
is sleeping" contradicts "a dog is sleeping", as it does for those who wrote
SNLI. Quantifiers range over all things of the scene, and what they speak of
exists: "all dogs" and "no dogs" are said where there are dogs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tfgen.nli.grammar.adjectives import PROPERTIES, RELATIVE
from tfgen.nli.grammar.circumstances import MANNERS, PLACES, TIMES
from tfgen.nli.grammar.english import QUANTIFIERS, Clause, Sentence
from tfgen.nli.grammar.nouns import NOUNS
from tfgen.nli.grammar.quantifiers import (
    APART,
    EQUAL,
    NARROWER,
    WIDER,
    quantifier_table,
)
from tfgen.nli.grammar.relations import Relations
from tfgen.nli.grammar.verbs import (
    ACTIONS,
    ASYMMETRIC,
    SYMMETRIC,
    VERBS,
)
from tfgen.nli.pairs import CONTRADICTION, ENTAILMENT, NEUTRAL

FREE = "free"  # neither says anything of the other
# An atom is (kind, word, things): ("noun", "dog", ("x",)). Two atoms of a kind
# about the same things are related as their words are.
Atom = tuple[str, str, tuple[str, ...]]
# A literal is (atom, truth); a clause is a tuple of literals, one of which
# holds; a formula is a list of clauses.
Literal = tuple[Atom, bool]
Formula = list[tuple[Literal, ...]]

_TABLES: dict[str, Relations] = {
    "noun": NOUNS,
    "adjective": PROPERTIES,
    "verb": ACTIONS,
    "place": PLACES,
    "time": TIMES,
    "manner": MANNERS,
}


def label_of(premise: Sentence, hypothesis: Sentence) -> int:
    """Returns the label of a pair."""
    if hypothesis.main.det in QUANTIFIERS:
        return _quantified_label(premise, hypothesis)
    return _scene_label(premise, hypothesis)


def _quantified_label(premise: Sentence, hypothesis: Sentence) -> int:
    """The label of two sentences that start with a quantifier."""
    p, h = premise.main, hypothesis.main
    if premise.second and not NOUNS.excludes(premise.second.noun, h.noun):
        raise ValueError("The second clause speaks of the same things.")
    label = quantifier_table()[
        _name(p),
        _name(h),
        _restrictor_relation(p, h),
        _scope_relation(p, h),
    ]
    if label is None:
        raise ValueError("Its label depends on what 'some' means.")
    return label


def _name(c: Clause) -> str:
    return c.det + ("_not" if c.negative else "")


def _combine(relations: list[str]) -> str:
    """The relation of two conjunctions whose parts are related so."""
    kinds = set(relations) - {EQUAL}
    if APART in kinds:
        return APART
    if not kinds:
        return EQUAL
    return kinds.pop() if len(kinds) == 1 else FREE


def _part(table: Relations, p: str, h: str, same: bool = True) -> str:
    if p == h:
        return EQUAL if same or not p else FREE
    if not p:
        return WIDER
    if not h:
        return NARROWER
    if same and table.implies(p, h):
        return NARROWER
    if same and table.implies(h, p):
        return WIDER
    return APART if same and table.excludes(p, h) else FREE


def _modified(p: Clause, h: Clause, noun: str, adj: str) -> list[str]:
    a, b = getattr(p, adj), getattr(h, adj)
    same = getattr(p, noun) == getattr(h, noun)
    absolute = not {a, b} & RELATIVE
    return [
        _part(NOUNS, getattr(p, noun), getattr(h, noun)),
        _part(PROPERTIES, a, b, same or absolute),
    ]


def _restrictor_relation(p: Clause, h: Clause) -> str:
    return _combine(_modified(p, h, "noun", "adj"))


def _scope_relation(p: Clause, h: Clause) -> str:
    parts = [
        _part(ACTIONS, p.verb, h.verb),
        _part(PLACES, p.place, h.place),
    ]
    if p.onoun or h.onoun:
        object_ = _combine(_modified(p, h, "onoun", "oadj"))
        # One may read a book and a newspaper.
        parts.append(FREE if object_ == APART else object_)
        if bool(p.onoun) != bool(h.onoun):
            parts.append(FREE)
        elif VERBS[p.verb].objects and APART in parts[:1]:
            parts[0] = FREE  # or open one box and close another
    return _combine(parts)


def _scene_label(premise: Sentence, hypothesis: Sentence) -> int:
    said, asked = _formula(premise), _formula(hypothesis)
    if not _satisfiable(said + asked):
        return CONTRADICTION
    # The hypothesis follows if the premise leaves no way for any clause of it
    # to fail.
    for clause in asked:
        fails = [((atom, not truth),) for atom, truth in clause]
        # The hypothesis's words must be known to the theory as well.
        if _satisfiable(said + fails):
            return NEUTRAL
    return ENTAILMENT


def _formula(sentence: Sentence) -> Formula:
    """What a sentence says of the things it names."""
    formula = _clause_formula(sentence.main)
    if sentence.second:
        formula += _clause_formula(sentence.second)
    if sentence.tail:
        atom = ("verb", sentence.tail, (sentence.main.agent,))
        formula.append(((atom, not sentence.tail_negative),))
    return formula


def _noun_atoms(noun: str, adj: str, name: str) -> Iterator[Atom]:
    yield "noun", noun, (name,)
    if adj:
        yield _adjective(adj, noun, name)


def _adjective(adj: str, noun: str, name: str) -> Atom:
    # What counts as big depends on the noun, which so becomes a part of it.
    things = (name, noun) if adj in RELATIVE else (name,)
    return "adjective", adj, things


def _clause_formula(c: Clause) -> Formula:
    subject = list(_noun_atoms(c.noun, c.adj, c.agent))
    if c.count > 1:
        subject.append(("count", str(c.count), (c.agent,)))
    if c.garment:
        worn = f"worn by {c.agent}: {_kind_of_garment(c.garment)}"
        subject += _noun_atoms(c.garment, c.color, worn)
    things = (c.agent, c.patient) if c.onoun else (c.agent,)
    # How fast or how loud one is depends on what one does.
    action: list[Atom] = [("verb", c.verb, things)]
    if c.manner:
        action.append(("manner", c.manner, (c.event, c.verb)))
    if c.place:
        action.append(("place", c.place, (c.event,)))
    object_ = list(_noun_atoms(c.onoun, c.oadj, c.patient)) if c.onoun else []
    time: list[Atom] = [("time", c.time, ())] if c.time else []
    if c.negative:
        # "Not reading a book": what is denied is the action as a whole, with
        # its object if that is "a book". "The book" exists all the same.
        denied = action + time + (object_ if c.odet == "a" else [])
        granted = subject + (object_ if c.odet == "the" else [])
        return [
            *(((atom, True),) for atom in granted),
            tuple((atom, False) for atom in denied),
        ]
    return [((atom, True),) for atom in subject + action + object_ + time]


def _kind_of_garment(garment: str) -> str:
    """One wears a hat and a coat, but one hat."""
    above = [n for n in NOUNS.up[garment] if n != "garment"]
    return above[-1] if above else garment


def _theory(atoms: list[Atom]) -> Formula:
    """What the words mean, for the atoms of a pair."""
    rules: Formula = []
    for a, b in itertools.permutations(atoms, 2):
        (kind, word, things), (other_kind, other, other_things) = a, b
        if kind != other_kind or kind == "count":
            continue
        table = _TABLES[kind]
        if things == other_things:
            if table.implies(word, other):
                rules.append(((a, False), (b, True)))
            if table.excludes(word, other):
                rules.append(((a, False), (b, False)))
        elif kind == "verb":
            if things[0] == other_things[0]:
                # Asleep, one reads nothing at all.
                different = {len(things), len(other_things)} == {1, 2}
                if different and table.excludes(word, other):
                    rules.append(((a, False), (b, False)))
            if things == other_things[::-1]:
                rules += _reversed(a, b)
    return rules


def _reversed(a: Atom, b: Atom) -> Formula:
    """The theory of "A does it to B" and "B does it to A"."""
    rules: Formula = []
    for verb in (a[1], *ACTIONS.up[a[1]]):
        if verb in ASYMMETRIC and ACTIONS.implies(b[1], verb):
            rules.append(((a, False), (b, False)))
        if verb in SYMMETRIC:
            if ACTIONS.implies(verb, b[1]):
                rules.append(((a, False), (b, True)))
            if ACTIONS.excludes(verb, b[1]):
                rules.append(((a, False), (b, False)))
    return rules


def _satisfiable(formula: Formula) -> bool:
    """Whether a formula and the theory of its words have a model."""
    atoms = list(
        dict.fromkeys(atom for clause in formula for atom, _ in clause)
    )
    return _search(formula + _theory(atoms), {})


def _search(formula: Formula, known: dict[Atom, bool]) -> bool:
    """Davis, Putnam, Logemann & Loveland 1962."""
    known = dict(known)
    while True:
        left: Formula = []
        unit = None
        for clause in formula:
            if any(known.get(atom) is truth for atom, truth in clause):
                continue
            open_ = tuple(e for e in clause if e[0] not in known)
            if not open_:
                return False
            if len(open_) == 1:
                unit = open_[0]
            left.append(open_)
        if not left:
            return True
        if unit is None:
            break
        known[unit[0]] = unit[1]
        formula = left
    atom = left[0][0][0]
    return any(_search(left, known | {atom: truth}) for truth in (True, False))
