"""MicroPython's `socket`, behind the board's network: names resolve to the link that the host can cut.

Whatever host the agent asks for, it connects to the simulator's own port, which carries the bytes on to there for as
long as the network is up.
"""

from hal_board import BOARD
from usocket import *  # noqa: F403 (everything else is MicroPython's own)

_NO_SUCH_NAME = -2


def getaddrinfo(host, port, family=0, kind=0, protocol=0, flags=0):
    """As MicroPython's; raises OSError(-2) while the network is down."""
    import usocket

    BOARD.stand_still("dns")
    if not BOARD.has_network() or BOARD.link_port is None:
        raise OSError(_NO_SUCH_NAME)
    BOARD.host.announce_target(host, port)
    return usocket.getaddrinfo("127.0.0.1", BOARD.link_port, family, kind, protocol, flags)
