"""From a model to checked SavedModel and TFLite files."""
