"""Reads kinds of event and parameters from `steelyard.cddl`, and writes them into the code that has tables of them."""
