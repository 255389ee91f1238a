"""What a manufacturer does: software for a scale's slots is built, signed, and put into one file."""
