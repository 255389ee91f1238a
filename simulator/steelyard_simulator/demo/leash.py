"""Runs the `steelyard` command on a leash: `python -m …demo.leash WORDS`, with a pipe as standard input.

The pipe closes when whoever holds its other end lets go of it or ends, however that ends; the command is then asked to
end, and made to if it does not. That works wherever there are pipes.
"""

import os
import runpy
import signal
import sys
import threading
import time

PATIENCE_S = 10.0


def end_with_the_pipe() -> None:
    """Wait until standard input closes, then end this process."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_S)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_pipe, name="leash", daemon=True).start()
    sys.argv[0] = "steelyard"
    runpy.run_module("steelyard_gateway", run_name="__main__")
