"""What consumers report of a scale, and what became of it."""
