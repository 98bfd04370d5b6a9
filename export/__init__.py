"""From a model to checked SavedModel and TFLite files."""

from export.export import export_model
from export.table import Row, format_table

__all__ = ["Row", "export_model", "format_table"]
