"""From the broker to the evidence, as a line: decode → authenticate → store → judge → commit → send.

`receiver` is the line, with one file for each stage beside it; `process` is the worker that feeds it from the broker
and does what time and the registry bring. Nothing is acknowledged to the broker, and no receipt is sent, before the
commit that it speaks of. No SQL here: that is in the stores (`statements`, `db`, the domains).
"""
