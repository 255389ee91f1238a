"""Rules about limits, a module for each duty: each yields how far the circuit is from what a data sheet allows.

They know the tables of `ratings.py`, never boards or references.
"""
