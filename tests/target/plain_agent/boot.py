"""Nothing to do before the plain agent starts."""
