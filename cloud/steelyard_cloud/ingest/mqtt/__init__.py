"""MQTT 3.1.1: packets, sessions and the connection to the broker."""
