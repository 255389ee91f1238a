"""The line to a scale: its port, its console, and what can go wrong with them."""
