"""What the simulated board's processor runs at power-on: the board is set up, then `boot.py` and `main.py` run.

Started by the host with the number of an inherited file descriptor, the control channel; its first line is the
configuration. The exit code tells why the agent stopped.
"""

import sys

EXIT_POWER_CUT = 75
EXIT_RESET = 76


def start(host):
    configuration = host.read()

    from hal_board import BOARD

    BOARD.configure(configuration)
    host.attach(BOARD, configuration["virtual"], configuration["speed"])

    import hal_asyncio

    hal_asyncio.install()
    del sys.argv[:]
    return configuration["firmware"]


def run(path):
    with open(path) as source:
        code = compile(source.read(), path, "exec")
    exec(code, {"__name__": "__main__"})


def main():
    from hal_control import Host, HostGone
    from hal_flash import PowerCut
    from hal_reset import Reset

    host = Host(int(sys.argv[1]))
    try:
        firmware = start(host)
        run(firmware + "/boot.py")
        run(firmware + "/main.py")
    except PowerCut:
        host.last_words()
        sys.exit(EXIT_POWER_CUT)
    except Reset:
        host.last_words()
        sys.exit(EXIT_RESET)
    except HostGone:
        sys.exit(0)


main()
