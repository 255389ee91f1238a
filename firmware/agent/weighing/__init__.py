"""From counts to an indication, in integers: filter, weight, zero, tare and stability."""
