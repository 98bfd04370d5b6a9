"""Batch normalization of networks that play."""

import functools

import keras

# Moving averages of about the last fifty steps: players change too fast for
# Keras's hundred.
BatchNorm = functools.partial(keras.layers.BatchNormalization, momentum=0.98)
