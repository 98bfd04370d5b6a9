"""Command lines: absl flags in, calls out."""
