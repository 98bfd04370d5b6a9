"""Holds the batches of two replicas against those of one."""

import numpy as np
import tensorflow as tf

from tfgen.data import catalog, pipeline
from tfgen.data.settings import DataConfig
from tfgen.model import Noise


def hold(train_batches, data, **options):
    """Prints how many steps are the same.

    Args:
      train_batches: a function that makes them.
      data: its first argument.
      **options: others.
    """
    tf.config.experimental.enable_op_determinism()
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    distributed = strategy.distribute_datasets_from_function(
        lambda context: train_batches(
            data,
            num_replicas=context.num_replicas_in_sync,
            worker=context.input_pipeline_id,
            num_workers=context.num_input_pipelines,
            **options,
        )
    )
    steps = 0
    for pieces, whole in zip(distributed, train_batches(data, **options)):
        for name, expected in whole.items():
            got = strategy.experimental_local_results(pieces[name])
            np.testing.assert_array_equal(
                np.concatenate(got, axis=1), expected, err_msg=name
            )
        steps += len(whole["label"])
    print(f"{steps} steps of {strategy.num_replicas_in_sync} replicas")


def main():
    source = catalog.load(DataConfig(name="digits"), seed=0)
    hold(
        pipeline.train_batches,
        source,
        batch_size=64,
        seed=0,
        num_steps=5,
        steps_per_call=2,
        flip=True,
        noise={"z": Noise((3,))},
    )
    for _ in pipeline.eval_batches(source, "test", batch_size=64, seed=0):
        pass


if __name__ == "__main__":
    main()
