"""The agent: all that a scale's own microcontroller runs, from the ADC's pins to signed statements on the network.

Only `agent.port` touches the machine, its clock and its network; every other module runs in MicroPython anywhere.
"""
