"""The life of a scale, of its type and of its software: one table of steps, and the one function that takes a step.

`table` is pure data, `rules` pure functions of it, `take` the only thing that writes a stage. What a step needs beside
the right stage is looked at by the act itself, by the name that the table gives the need.
"""
