"""Blocks that boards share, a module for each duty.

A block is a function of the circuit and the column of the sheet in which it is drawn; what differs between boards comes
as an argument. Nets between blocks have names of their own, in capitals, as in the board profile.
"""
