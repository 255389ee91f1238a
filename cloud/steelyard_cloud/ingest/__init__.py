"""From the broker to the evidence: receive, authenticate, judge, commit, acknowledge, send receipts.

`broker` and `process` are the I/O; `receiver` turns a batch of messages into one transaction. Nothing is acknowledged
to the broker, and no receipt is sent, before the commit that it speaks of.
"""
