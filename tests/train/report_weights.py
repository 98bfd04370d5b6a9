"""apps.train, and at its end a line that tells all weights apart."""

import hashlib

from apps import flags, train
from tfgen.run import Run


def main():
    models = []
    build = Run.build_model

    def recorded(self):
        models.append(build(self))
        return models[-1]

    Run.build_model = recorded
    try:
        train.main()
    finally:
        digest = hashlib.sha256()
        for variable in models[0].variables:
            digest.update(variable.numpy().tobytes())
        print(digest.hexdigest())


if __name__ == "__main__":
    flags.run(main)
