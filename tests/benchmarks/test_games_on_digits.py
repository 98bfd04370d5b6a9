import json

import pytest

from benchmarks import games_on_digits as games


def test_readme_has_the_figures_of_the_runs():
    """Both are written by `python -m benchmarks.games_on_digits`."""
    readme = (games.ROOT / "README.md").read_text()
    results = json.loads(games.RESULTS.read_text())
    assert games.with_tables(readme, results) == readme
    for table in results:
        assert games.markdown(results, table) in readme


def test_a_table_has_means_and_intervals():
    runs = [
        {"modes_found": 25.0, "good_share": 0.5, "energy_distance": 0.1 * i,
         "recall": 1.0}
        for i in range(3)
    ]  # fmt: skip
    text = games.markdown({"toy": {"A": runs}}, "toy")
    assert "| A | 25.0 | 0.50 | 0.100 ± 0.248 | 1.00 |" in text


def test_a_readme_without_a_place_is_left_alone():
    with pytest.raises(ValueError, match="no <!-- games: toy --> and"):
        games.with_tables("# tfgen\n", {"toy": {}})
