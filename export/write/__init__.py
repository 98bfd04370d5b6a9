"""Writes what an export holds: SavedModel, TFLite files, cards."""
