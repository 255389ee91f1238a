"""The only part of the agent that touches the machine: pins, clock, flash, console stream, network, board sensors.

Everything else is written against these modules, so that a new microcontroller is a new board profile and, at most, a
branch here. Whatever differs between MicroPython's ports (epoch, flash classes, ADC calls) is settled in this folder.
"""
