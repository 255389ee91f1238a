"""Opening connections: when a name is looked up, what is hidden meanwhile, and which certificates are needed."""

import hal_asyncio
from hal_board import BOARD

BOARD.start()
hal_asyncio.install()
BOARD.clock.run_in_real_time()
RUNS_ON = "simulated"

import asyncio
import binascii

import usocket
from agent.port import network
from ledger_bench import Board as Flash

NAME, PORT = "broker.example", 1883
# A certificate and its key, of no use but that they can be read.
CERTIFICATE = binascii.a2b_base64(
    "MIIBSjCB8qADAgECAhR+EkejIRoMfcYyp6eyWZHhiKVRHjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwIBcNMjAw"
    "MTAxMDAwMDAwWhgPMjEwMDAxMDEwMDAwMDBaMBExDzANBgNVBAMMBlNDQUxFMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNgL"
    "U8/ouE0tsm1/14foF3twhGlh98LXdLJO8tgSDmiI/YqpGjxiRRsssVCdZLyaobB/8gz2EhmWpZ4P7Hy8HP2jIzAhMAwGA1UdEwEB"
    "/wQCMAAwEQYDVR0RBAowCIIGU0NBTEUxMAoGCCqGSM49BAMCA0cAMEQCIDZGVbldWZisT5qrybb2RWBq0/YGx6esDgv4EWjBF1QS"
    "AiBseArCawmIamkWFHS93+iN1n41zqcahu6LhQ/c84o4JA=="
)
KEY = binascii.a2b_base64(
    "MHcCAQEEIIB4rNSFUlwjmn72Z7DQ13TeaBZgUjm3L/fdYlGX0ZXfoAoGCCqGSM49AwEHoUQDQgAE2AtTz+i4TS2ybX/Xh+gXe3CE"
    "aWH3wtd0sk7y2BIOaIj9iqkaPGJFGyyxUJ1kvJqhsH/yDPYSGZalng/sfLwc/Q=="
)


class Names:
    """`socket` in which every name is this machine; it counts the look-ups."""

    SOCK_STREAM = usocket.SOCK_STREAM
    socket = usocket.socket
    asked = 0
    fails = False

    def getaddrinfo(self, host, port, family=0, kind=0):
        self.asked += 1
        if self.fails:
            raise OSError(-2)
        return usocket.getaddrinfo("127.0.0.1", port)


class Still:
    """Who hides the weight: what it was asked, in order."""

    def __init__(self):
        self.calls = []

    async def begin(self):
        self.calls.append("begin")

    async def end(self):
        self.calls.append("end")


names = network.socket = Names()


def opened(tls=False, calm=True):
    """What one attempt raised, None for nothing; and what was hidden."""
    still = Still()

    async def attempt():
        try:
            stream, _ = await network.open(NAME, PORT, tls, 2000, still, calm)
        except OSError as error:
            return error
        stream.close()

    return asyncio.run(attempt()), still.calls


def test_a_name_is_asked_once_and_again_only_after_a_failure_in_a_calm_moment():
    assert network.must_ask(NAME, PORT)
    assert not network.must_ask("192.0.2.1", PORT)
    assert opened()[1] == ["begin", "end"]
    assert not network.must_ask(NAME, PORT)
    assert opened()[1] == [] and names.asked == 1
    network.doubt(NAME, PORT)
    assert opened(calm=False)[1] == [] and names.asked == 1, "not while somebody weighs"
    assert opened()[1] == ["begin", "end"] and names.asked == 2
    assert opened()[1] == [] and names.asked == 2


def test_the_last_address_is_kept_where_nobody_knows_the_name_any_more():
    names.fails = True
    error, hidden = opened()
    assert error.errno == -2 and hidden == ["begin"], "who asked ends it"
    assert network.must_ask(NAME, PORT)
    names.fails = False
    opened()
    network.doubt(NAME, PORT)
    names.fails = True
    error, hidden = opened()
    assert error is None or error.errno != -2
    assert hidden == ["begin", "end"] and names.asked == 3
    opened()
    assert names.asked == 4, "and asked for again until there is an answer"


def put(**files):
    """Have the factory's files be these, DER by their names."""
    flash = Flash().flash()
    flash.mount()
    for name, content in files.items():
        with open("/fs/%s.der" % name.replace("_", "-"), "wb") as file:
            file.write(content)


def test_no_connection_is_made_without_certificates_that_can_be_read():
    for files, why in (
        ({}, "no TLS without the certificate of the broker's authority in /fs/ca.der"),
        ({"client": CERTIFICATE, "client_key": KEY}, "no TLS without the certificate of the broker's authority"),
        ({"ca": CERTIFICATE, "client": CERTIFICATE}, "no TLS with only one of /fs/client.der and /fs/client-key.der"),
        ({"ca": CERTIFICATE, "client_key": KEY}, "no TLS with only one of"),
        ({"ca": CERTIFICATE[:-1]}, "no TLS, as /fs/ca.der is damaged"),
        ({"ca": b""}, "no TLS, as /fs/ca.der is damaged"),
        ({"ca": CERTIFICATE, "client": b"?", "client_key": KEY}, "no TLS, as /fs/client.der or /fs/client-key.der is"),
        ({"ca": CERTIFICATE, "client": CERTIFICATE, "client_key": b"?"}, "no TLS, as /fs/client.der or"),
    ):
        put(**files)
        error, _ = opened(tls=True)
        assert error is not None and why in str(error), (why, error)


def test_the_weight_is_hidden_from_before_the_handshake_on():
    put(ca=CERTIFICATE, client=CERTIFICATE, client_key=KEY)
    opened()
    error, hidden = opened(tls=True)
    assert error is None and hidden == ["begin"], "whoever shakes hands ends it"


def test_what_the_broker_cut_off_is_said_of_the_certificate_that_there_is():
    put(ca=CERTIFICATE)
    assert network.why_cut("EPIPE").endswith("it may want one, and there is none in /fs/client.der")
    put(ca=CERTIFICATE, client=CERTIFICATE, client_key=KEY)
    assert network.why_cut("EPIPE").endswith("it refuses the one in /fs/client.der")
