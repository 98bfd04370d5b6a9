"""A public class name means one thing in the whole product."""

import ast
import collections
import pathlib

ROOT = pathlib.Path(__file__).parents[1]
# The file of a paper has its own settings and networks.
OF_A_PAPER = {"Config", "Network", "NetworkConfig"}


def test_no_two_classes_share_a_name():
    places = collections.defaultdict(list)
    for top in ("tfgen", "export", "serving", "apps"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef) and node.name[0] != "_":
                    places[node.name].append(path.relative_to(ROOT).as_posix())
    twice = {name: found for name, found in places.items() if found[1:]}
    assert twice.keys() == OF_A_PAPER, twice
    of_papers = [path for found in twice.values() for path in found]
    papers = ("tfgen/models/", "tfgen/experiments/")
    assert all(path.startswith(papers) for path in of_papers)
