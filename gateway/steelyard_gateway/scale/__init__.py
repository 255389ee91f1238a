"""The technician's tool: `steelyard scale` talks to one scale over its service console, a real or virtual serial port.

The scale itself decides what may be changed and when; this side finds the port, guides, shows and exports.
"""
