"""Statements as received, byte for byte, and what could not be authenticated. Only here is SQL of statements."""
