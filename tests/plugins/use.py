"""Everything that is done with a model, done with one of another package.

Arguments: a folder for workdirs, and the models' names.
"""

import json
import pathlib
import sys

import numpy as np

import tfgen
from export.versions import newest_export
from serving.folder.publish import publish
from serving.servable import Servable
from tests.export.in_process import in_process


def use(name, workdir):
    assert name in [row["model"] for row in tfgen.zoo()]
    options = {"preset": "tiny", "workdir": workdir}
    tfgen.fit(name, steps=2, **options)
    run = tfgen.fit(name, steps=4, **options)  # resumes
    values = run.evaluate(draws=2)
    again = tfgen.load(workdir)
    x = again.sample(5, seed=1)
    drawn = sorted(path.stem for path in again.draw(4))
    with in_process():
        rows = again.export()
    served = pathlib.Path(workdir, "served")
    saved_model, calls = newest_export(again.workdir / "export", name)
    publish(saved_model, served, name, calls, 1)
    version = served / "models" / name / "1"
    signatures = sorted(Servable(version, name, 1).signatures)
    with open(again.workdir / "metrics.jsonl") as file:
        recorded = {key for line in file for key in json.loads(line)}
    return {
        "evaluation": values,
        "shape": x.shape,
        "levels": np.unique(x).tolist()[:3],
        "pictures": drawn,
        "artefacts": {row.artefact: row.problem for row in rows},
        "signatures": signatures,
        "recorded": sorted(recorded),
    }


def main(folder, *names):
    print(json.dumps({n: use(n, pathlib.Path(folder, n)) for n in names}))


if __name__ == "__main__":
    main(*sys.argv[1:])
