"""Batch normalization for the players of a game."""

import functools

import keras

# Moving averages of about the last fifty steps: players change too fast for
# Keras's hundred.
BatchNorm = functools.partial(keras.layers.BatchNormalization, momentum=0.98)
