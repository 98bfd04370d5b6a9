"""Arrays in, figures out."""
