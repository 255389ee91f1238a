"""Takes the place of the port's own `_boot`, which would make a file system over the journal where it finds none.

The agent mounts what it needs itself, after the board profile (`agent.port.flash`).
"""
