"""MicroPython's `network` with a Wi-Fi station that is in range of its access point unless the network is cut."""

from hal_board import BOARD
from micropython import const

STA_IF = const(0)
AP_IF = const(1)

STAT_IDLE = const(0)
STAT_CONNECTING = const(1)
STAT_GOT_IP = const(3)
STAT_NO_AP_FOUND = const(-2)


class WLAN:
    """The station interface; its access point is configured, so it joins when active."""

    _active = False

    def __init__(self, interface=STA_IF):
        if interface != STA_IF:
            raise ValueError("the simulated board has a station interface only")

    def active(self, on=None):
        if on is None:
            return WLAN._active
        WLAN._active = bool(on)

    def connect(self, ssid=None, key=None, bssid=None):
        if not WLAN._active:
            raise OSError("the interface is not active")

    def disconnect(self):
        WLAN._active = False

    def isconnected(self):
        return WLAN._active and BOARD.has_network()

    def status(self, what=None):
        if what == "rssi":
            return -60 if self.isconnected() else 0
        if not WLAN._active:
            return STAT_IDLE
        return STAT_GOT_IP if BOARD.has_network() else STAT_NO_AP_FOUND

    def config(self, *names, **values):
        if names == ("mac",):
            return b"\x28\xcd\xc1" + BOARD.unique_id[-3:]

    def ifconfig(self, fields=None):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")


def hostname(name=None):
    return "scale"


def country(code=None):
    return "XX"
