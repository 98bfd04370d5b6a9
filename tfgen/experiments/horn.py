"""Horn clauses, conjectures about them, and all of their minimal proofs."""

import itertools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

ATOMS = "abcdefghijklmnopqrstuvwxyz"
GIVEN, AXIOMS = 8, 2  # atoms that nothing proves; axioms of each other one
FACTS = 4  # of a conjecture
USABLE = 10  # axioms at most whose bodies follow, lest there be many proofs


class HornClause(NamedTuple):
    """The head follows from the body."""

    body: frozenset[str]
    head: str

    def __str__(self):
        return f"{''.join(sorted(self.body))}>{self.head}"


class Conjecture(NamedTuple):
    """Does the goal follow from the facts?"""

    facts: frozenset[str]
    goal: str

    def __str__(self):
        return f"{''.join(sorted(self.facts))}?{self.goal}"


def theory(random: np.random.Generator) -> list[HornClause]:
    """Returns axioms, and after each its decoy."""
    atoms = random.permutation(list(ATOMS))
    found: dict[HornClause, None] = {}
    for i in range(GIVEN, len(atoms)):
        for _ in range(AXIOMS):
            body = [str(a) for a in random.choice(atoms[:i], 2, False)]
            head = str(atoms[i])
            found[HornClause(frozenset(body), head)] = None
            found[HornClause(frozenset([*body[1:], head]), body[0])] = None
    return list(found)


def closure(clauses: Iterable[HornClause], facts: Iterable[str]) -> set[str]:
    """Returns all atoms that follow."""
    known, clauses = set(facts), list(clauses)
    while new := {c.head for c in clauses if c.body <= known} - known:
        known |= new
    return known


def proofs(
    clauses: Iterable[HornClause], conjecture: Conjecture
) -> set[frozenset[HornClause]]:
    """Returns the minimal sets of clauses that prove a conjecture."""
    known = closure(clauses, conjecture.facts)
    usable = [c for c in clauses if c.body <= known]

    def of(atom, above):
        """Sets that prove an atom without those above it."""
        if atom in conjecture.facts:
            return {frozenset()}
        above = above | {atom}
        found = set()
        for clause in usable:
            if clause.head == atom and not clause.body & above:
                parts = [of(part, above) for part in clause.body]
                for chosen in itertools.product(*parts):
                    found.add(frozenset([clause]).union(*chosen))
        return _minimal(found)

    return of(conjecture.goal, frozenset())


def _minimal(sets):
    return {s for s in sets if not any(other < s for other in sets)}


def conjectures(
    random: np.random.Generator, clauses: list[HornClause], count: int
) -> dict[Conjecture, np.ndarray]:
    """Returns conjectures, and which clauses are useful, [clauses] bool.

    Each needs two at least. Conjectures of the same facts are neighbours.
    """
    place = {clause: i for i, clause in enumerate(clauses)}
    found: dict[Conjecture, np.ndarray] = {}
    tried = set()
    while len(found) < count:
        facts = frozenset(random.choice(list(ATOMS), FACTS, False).tolist())
        if facts in tried:
            continue
        tried.add(facts)
        known = closure(clauses, facts)
        if sum(clause.body <= known for clause in clauses) > USABLE:
            continue
        for goal in sorted(known - facts):
            conjecture = Conjecture(facts, goal)
            ways = proofs(clauses, conjecture)
            if min(len(way) for way in ways) < 2:
                continue
            useful = np.zeros(len(clauses), bool)
            useful[[place[c] for way in ways for c in way]] = True
            found[conjecture] = useful
    return dict(itertools.islice(found.items(), count))
