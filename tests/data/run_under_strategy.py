"""Holds the batches of two replicas against those of one."""

import numpy as np
import tensorflow as tf

from tfgen.data import catalog, pipeline
from tfgen.data.settings import DataConfig
from tfgen.model import Noise

OPTIONS = {
    "batch_size": 64,
    "seed": 0,
    "num_steps": 5,
    "steps_per_call": 2,
    "flip": True,
    "noise": {"z": Noise((3,))},
}


def main():
    tf.config.experimental.enable_op_determinism()
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    source = catalog.load(DataConfig(name="digits"), seed=0)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    distributed = strategy.distribute_datasets_from_function(
        lambda context: pipeline.train_batches(
            source,
            num_replicas=context.num_replicas_in_sync,
            worker=context.input_pipeline_id,
            num_workers=context.num_input_pipelines,
            **OPTIONS,
        )
    )
    one = pipeline.train_batches(source, **OPTIONS)
    count = 0
    for pieces, whole in zip(distributed, one):
        for name, expected in whole.items():
            got = strategy.experimental_local_results(pieces[name])
            np.testing.assert_array_equal(
                np.concatenate(got, axis=1), expected, err_msg=name
            )
        count += 1
    for _ in pipeline.eval_batches(source, "test", batch_size=64, seed=0):
        pass
    print(f"{count} steps of {strategy.num_replicas_in_sync} replicas")


if __name__ == "__main__":
    main()
