"""The pure middle of the cloud: what follows from stored statements, registry facts and a clock that is passed in.

No module here knows a socket, a clock or SQL. `chain.absorb` adds one authentic statement to the bounded `Summary` of
its identity; `judge.judge` turns summaries, facts and a clock into findings and the scale's standing. A summary is a
function of the *set* of stored statements, so neither order, repetition nor batching can change a verdict.
"""
