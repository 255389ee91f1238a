"""What is loaded when it is used and let go of afterwards, because most of the time nobody needs it."""

import sys


def let_go(places):
    """Forget the modules at `places`, pairs of a package and a name in it, with all that lies below them."""
    for package, name in places:
        place = package + "." + name
        for module in list(sys.modules):
            if module == place or module.startswith(place + "."):
                del sys.modules[module]
        holder = sys.modules.get(package)
        if hasattr(holder, name):
            delattr(holder, name)
