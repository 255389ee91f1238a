"""The control channel: the host's hand on the world around the board, one JSON object a line in both directions.

A request `{"id": n, "do": name, …}` is answered by `{"id": n, "state": {…}}` or `{"id": n, "error": text}`. In virtual
time requests are served only while time stands still, and `advance` is answered when the time has passed.
"""

import binascii
import json

import hal_faults  # noqa: F401  # makes its faults known
import hal_frauds

_FILES = "files"
_JOURNAL = "journal"


class HostGone(BaseException):
    """The host closed the control channel: the board is no longer wanted."""


class Host:
    """The board's end of the channel, open at file descriptor `fd`."""

    def __init__(self, fd):
        self.stream = open(fd, "r+b")
        self._board = None
        self._advance_id = None
        self._target_known = False

    def read(self):
        """The next request. Raises HostGone at the end of the channel."""
        line = self.stream.readline()
        if not line:
            raise HostGone()
        return json.loads(line)

    def attach(self, board, virtual, speed):
        """Serve `board` from now on; in virtual time it stands still until the host lets it go on."""
        self._board = board
        board.host = self
        clock = board.clock
        if virtual:
            clock.horizon_us = clock.now_us
            clock.at_horizon = self._wait_for_time
        else:
            clock.run_in_real_time(speed)

    def serve(self):
        """Serve one request."""
        request = self.read()
        if request["do"] == "connected":
            self._target_known = True
            return
        try:
            name = request["do"]
            if name == "advance":
                self._advance_id = request["id"]
                self._board.clock.horizon_us = self._board.clock.now_us + request["us"]
                self._board.clock.look = True
                return
            arguments = {key: value for key, value in request.items() if key not in ("id", "do")}
            if name not in _REQUESTS:
                raise ValueError("no request %r: %s" % (name, ", ".join(sorted(_REQUESTS))))
            found = _REQUESTS[name](self._board, **arguments)
        except (ValueError, TypeError, KeyError) as error:
            self._send({"id": request.get("id"), "error": "%s: %s" % (type(error).__name__, error)})
            return
        self._answer(request["id"], found)

    def last_words(self):
        """Tell the state in which the board ends."""
        self._send({"ended": self._board.state()})

    def announce_target(self, host, port):
        """Tell the link whither the next connections go, and wait until it knows."""
        self._target_known = False
        self._send({"connect": [host, port]})
        while not self._target_known:
            self.serve()

    def announce_uart(self, baudrate):
        """Tell the host at which speed the serial port runs from now on."""
        self._send({"uart": baudrate})

    def _wait_for_time(self):
        if self._advance_id is not None:
            self._answer(self._advance_id)
            self._advance_id = None
        while self._advance_id is None:
            self.serve()

    def _answer(self, number, found=None):
        state = self._board.state()
        state.update(found or {})
        self._send({"id": number, "state": state})

    def _send(self, message):
        self.stream.write(json.dumps(message).encode() + b"\n")


def _state(board):
    """Change nothing: every answer carries the state."""


def _place(board, kg):
    board.cell.load_g = kg * 1000.0


def _temperature(board, c, over_s=0.0):
    board.heat(c, over_s)


def _supply(board, v):
    board.supply_v = v


def _case(board, open):
    board.case(open)


def _switch(board, on):
    board.adjustment_switch(on)


def _network(board, up):
    board.network_up = up


def _cut_power(board, at, how, seed):
    """`at`: a number of flash operations, or "now", "erase", "journal sync", "files sync" (the next such operation)."""
    flash = board.flash
    if at == "now":
        flash.cut()
    elif at == "erase":
        flash.cut_at(1, how, seed, lambda address, erase: erase)
    elif at in ("journal sync", "files sync"):
        start, length = board.flash_map[_JOURNAL if at == "journal sync" else _FILES]
        flash.cut_at(1, how, seed, lambda address, erase: not erase and 0 <= address - start < length)
    elif isinstance(at, int) and at >= 0:
        flash.cut_at(at, how, seed)
    else:
        raise ValueError("cannot cut power at %r" % (at,))


def _fraud(board, name, on=True, **arguments):
    hal_frauds.switch(board, name, on, arguments)


def _glitch(board, samples, counts=None):
    board.cell.burst(samples, counts)


def _freeze(board, on):
    board.chip.frozen = on


def _stretch(board, chance, us):
    board.chip.stretch_chance = chance
    board.chip.stretch_us = us


def _element(board, **changes):
    for name, value in changes.items():
        setattr(board.element, name, value)


def _stand_still(board, **seconds):
    for what, s in seconds.items():
        board.standstill_us[what] = int(s * 1e6)


def _stood_still(board):
    return {"stood_still": [picture and binascii.hexlify(picture).decode() for picture in board.stood_still]}


def _key(board, row, column, down):
    if down:
        board.keypad.press(row, column)
    else:
        board.keypad.release(row, column)


def _displays(board):
    """What the displays show, beside the state."""
    pictures = [display.picture() for display in board.displays]
    return {"displays": [picture and binascii.hexlify(picture).decode() for picture in pictures]}


_REQUESTS = {
    "state": _state,
    "place": _place,
    "temperature": _temperature,
    "stand_still": _stand_still,
    "stood_still": _stood_still,
    "supply": _supply,
    "case": _case,
    "switch": _switch,
    "network": _network,
    "cut_power": _cut_power,
    "fraud": _fraud,
    "glitch": _glitch,
    "freeze": _freeze,
    "stretch": _stretch,
    "element": _element,
    "key": _key,
    "displays": _displays,
}
