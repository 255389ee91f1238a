"""What is loaded when it is used and let go of afterwards, because most of the time nobody needs it."""

import sys


def let_go(places):
    """Forget the modules at `places`, pairs of a package and a name in it, with all that lies below them.

    To look through all modules takes half a million instructions: that is done only below a module that is loaded.
    """
    for package, name in places:
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
