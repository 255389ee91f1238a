"""`steelyard demo`: a market of simulated scales, the cloud beside it, one cheat, and what everybody sees of it.

The demo walks only on paths that users have: the scale's service console, the command line of the cloud, its API and
its public pages. Nothing in the other parts knows of it.
"""
