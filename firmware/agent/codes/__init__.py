"""Codes on the display, and those that are keyed in; loaded when they are used, and let go of afterwards."""
