"""The reference scale's hardware as code: circuits, their electrical check, and what is made of them.

`python -m steelyard_hardware` writes netlist, bill of materials and drawing of every board into build/hardware and
fails on any electrical error or any difference between a circuit and its board profile.
"""
