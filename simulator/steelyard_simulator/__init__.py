"""Simulated scales: the real agent in real MicroPython on simulated hardware."""
