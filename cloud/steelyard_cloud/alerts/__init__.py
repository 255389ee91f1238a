"""Findings grouped for people: how alerts arise, who decides what about them, and how they are read."""
