"""Holds the batches of two replicas against those of one."""

import numpy as np
import tensorflow as tf

from tfgen.nli import batches
from tfgen.nli.encode import encode
from tfgen.nli.grammar import generate
from tfgen.nli.text.tokenizer import tokenize

OPTIONS = {"batch_size": 8, "seed": 0, "num_steps": 45, "steps_per_call": 20}


def main():
    tf.config.experimental.enable_op_determinism()
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    pairs, _ = encode(generate.pairs("train", 150, 0), tokenize)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    distributed = strategy.distribute_datasets_from_function(
        lambda context: batches.train_batches(
            pairs,
            num_replicas=context.num_replicas_in_sync,
            worker=context.input_pipeline_id,
            num_workers=context.num_input_pipelines,
            **OPTIONS,
        )
    )
    one = batches.train_batches(pairs, **OPTIONS)
    steps = 0
    for pieces, whole in zip(distributed, one):
        for name, expected in whole.items():
            got = strategy.experimental_local_results(pieces[name])
            np.testing.assert_array_equal(
                np.concatenate(got, axis=1), expected, err_msg=name
            )
        steps += len(whole["label"])
    print(f"{steps} steps of {strategy.num_replicas_in_sync} replicas")


if __name__ == "__main__":
    main()
