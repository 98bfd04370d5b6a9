"""The folder that servers poll: models, versions, labels, settings."""
