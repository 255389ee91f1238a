"""The adversary of the public verdict, as a Hypothesis state machine: `machine.VerdictMachine`."""
