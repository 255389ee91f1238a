"""What is loaded when it is used and let go of afterwards, because most of the time nobody needs it.

Menu and console use some of it at the same time: it goes with the last of them, so that nothing is loaded twice, nor
again by work that outlasts the page that began it.
"""

import sys

CODES = (("agent", "codes"), ("agent.wire", "agreement"), ("agent.wire", "ocra"))
"""What fresh, check and unlock codes load."""

UPDATES = (("agent", "update"), ("agent.port", "slots"), ("agent.record", "software"))
"""What an update loads."""

START = (("agent.chips", "fitted"), ("agent.port", "flash"), ("agent.record", "serial"), ("agent.record", "software"))
"""What a start loads, and little of it afterwards."""

_holders: dict = {}  # how many use what is at a place, where there is anybody


def hold(places):
    """Have the modules at `places`, pairs of a package and a name in it, stay until as many have let go of them."""
    for place in places:
        _holders[place] = _holders.get(place, 0) + 1


def let_go(places):
    """Forget the modules at `places`, with all that lies below them, where nobody else holds them."""
    for place in places:
        others = _holders.pop(place, 1) - 1
        if others:
            _holders[place] = others
        else:
            _forget(*place)


class Held:
    """Holds the modules at `places` while the block of a `with` runs."""

    def __init__(self, places):
        self._places = places

    def __enter__(self):
        hold(self._places)

    def __exit__(self, *_):
        let_go(self._places)


def _forget(package, name):
    """To look through all modules takes half a million instructions: that is done below a module that is loaded."""
    place = package + "." + name
    if place in sys.modules:
        del sys.modules[place]
        below = place + "."
        for module in list(sys.modules):
            if module.startswith(below):
                del sys.modules[module]
    holder = sys.modules.get(package)
    if hasattr(holder, name):
        delattr(holder, name)
