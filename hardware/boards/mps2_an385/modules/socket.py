"""The part of MicroPython's `socket` that the agent uses; whatever it connects to is at the serial line's other end."""

from emulated import Link

SOCK_STREAM = 1
_AF_INET = 2


def getaddrinfo(host, port, family, kind):
    return [(_AF_INET, SOCK_STREAM, 0, "", (host, port))]


def socket(family, kind, protocol):
    return Link()
