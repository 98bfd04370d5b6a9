import keras

from tfgen.evaluate.parameters import parameter_table

ENDS = ("(3, 2)            6", "(2,)            2", "2  not trained")


def test_counts_by_hand():
    frozen = keras.layers.Dense(1, use_bias=False, name="frozen")
    model = keras.Sequential([keras.layers.Dense(2, name="dense"), frozen])
    model.build((None, 3))
    frozen.trainable = False
    *lines, sums = parameter_table(model).splitlines()
    assert [line.endswith(end) for line, end in zip(lines, ENDS)] == [True] * 3
    assert sums == "8 parameters are trained (0.0 million), 2 are not."
