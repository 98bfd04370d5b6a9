"""Claims of papers that are no models, tried in a small setting.

An experiment is a module of this package, of a few hundred lines at most, which
says in its docstring what the paper and its reviews claim. It has

    PAPER    authors, year and arXiv number
    TABLE    a `Table` whose rows train no model of the registry
    CLAIMS   sentence -> whether it holds of one seed's figures
    rows     seed -> name of a row -> name of a figure -> value

`apps.reproduce` runs each seed in a process of its own and prints the table; a
claim is reproduced if it holds with every seed, partly if with some.
"""

import importlib
import types

NAMES = (
    "admm_net",
    "counts",
    "deep_linear",
    "deepmath",
    "deepsim",
    "dgn_am",
    "hdqn",
    "mathieu",
    "neural_gpu",
    "neural_transducer",
    "professor_forcing",
    "r_fcn",
    "raml",
    "rnn_measures",
    "scan_order",
    "soundnet",
    "weight_norm",
)


def module(name: str) -> types.ModuleType:
    """Returns the module of an experiment, which imports TensorFlow."""
    return importlib.import_module(f"tfgen.experiments.{name}")
