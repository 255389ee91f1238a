"""`steelyard demo` with a shorter story: the cheat comes sooner, and the cable is out for 8 s instead of 20.

Run as a program with the command's arguments; `--for` may be 22 and more.
"""

import sys

from steelyard_simulator.demo import story

story.LOAD_AT_S, story.CHEAT_AT_S, story.CUT_AT_S, story.RESTORE_AT_S, story.LEAST_S = 2.0, 5.0, 8.0, 16.0, 22.0

if __name__ == "__main__":
    from steelyard_gateway.command import main  # only now: the command copies what it says of the story

    sys.argv.insert(1, "demo")
    main()
