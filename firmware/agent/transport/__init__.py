"""How signed statements travel. Nothing in here is legally relevant, and nothing it receives is believed unverified."""
