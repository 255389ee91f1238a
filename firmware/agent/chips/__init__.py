"""Drivers of the chips on the boards, one a file; each knows its chip and the pins, and nothing of weighing."""
