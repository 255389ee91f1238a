"""Simulated scales: the real agent in real MicroPython on simulated hardware."""

from steelyard_simulator.errors import SimulatorError
from steelyard_simulator.flashing import factory_file, flash_image
from steelyard_simulator.fleet import Fleet
from steelyard_simulator.scale import SimulatedScale

__all__ = ["Fleet", "SimulatedScale", "SimulatorError", "factory_file", "flash_image"]
