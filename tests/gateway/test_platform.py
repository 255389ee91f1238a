"""The client of the platform's API, before a server that answers as it is told to."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue

import pytest
from steelyard_gateway.errors import PlatformAway, RequestFailed
from steelyard_gateway.platform import AlertListener, Answer, Client

Reply = tuple[int, str]


class Server(ThreadingHTTPServer):
    """Gives one reply after the other, the last of them for ever, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [(200, "{}")]
        self.asked: list[tuple[str, str, dict[str, str], str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.asked.append(
            (self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        )
        replies = self.server.replies
        status, text = replies.pop(0) if len(replies) > 1 else replies[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def test_a_request_carries_its_token_and_its_values(server: Server) -> None:
    server.replies = [(200, '{"a": 1}')]
    client = Client(server.url, "secret")
    assert client.get("/scales", q="x") == {"a": 1}
    assert client.post("/permits", scale="S", days=2) == client.post("/permits") == {"a": 1}
    client.close()
    got, posted, again = server.asked
    assert got[:2] == ("GET", "/api/v1/scales?q=x")
    assert posted[:2] == ("POST", "/api/v1/permits")
    assert {one[2]["authorization"] for one in server.asked} == {"Bearer secret"}
    assert json.loads(posted[3]) == {"scale": "S", "days": 2}
    assert posted[2]["idempotency-key"] != again[2]["idempotency-key"]


def test_without_a_token_none_is_sent(server: Server) -> None:
    Client(server.url).get("/root")
    assert "authorization" not in server.asked[0][2]


@pytest.mark.parametrize(
    ("body", "detail", "problem"),
    [
        ('{"type": "urn:steelyard:no-scale", "title": "T", "detail": "D"}', "D", "no-scale"),
        ('{"title": "T"}', "T", ""),
        ("[1]", "[1]", ""),
        ("x" * 300, "x" * 200, ""),
    ],
)
def test_what_the_platform_refuses_is_said_in_its_own_words(
    server: Server, body: str, detail: str, problem: str
) -> None:
    server.replies = [(422, body)]
    with pytest.raises(RequestFailed) as refused:
        Client(server.url).post("/permits")
    values = refused.value.values
    assert (values["method"], values["path"], values["answer"]) == ("POST", "/api/v1/permits", 422)
    assert (values["detail"], values["problem"]) == (detail, problem)


def test_a_platform_that_is_away_is_named(server: Server) -> None:
    with pytest.raises(PlatformAway, match=r"127\.0\.0\.1:1"):
        Client("http://127.0.0.1:1").get("/root")


def test_each_alert_is_told_once_by_rule_and_scale_also_after_a_break(server: Server) -> None:
    def event(rule: str, scale: str) -> str:
        return f"event: alert\ndata: {json.dumps({'rule': rule, 'scale': scale})}\n\n"

    known = event("chain", "A") + event("chain", "B") + event("case", "A") + event("chain", "A")
    server.replies = [(500, ""), (200, known), (200, known + event("last", "A"))]
    told: Queue[Answer] = Queue()
    began_s = time.monotonic()
    listener = AlertListener(server.url, "secret", told.put)
    names = [(one["rule"], one["scale"]) for one in (told.get(timeout=20) for _ in range(4))]
    listener.stop()
    assert names == [("chain", "A"), ("chain", "B"), ("case", "A"), ("last", "A")]
    assert told.empty()
    assert listener.connected.is_set()
    assert list(listener.seen_at) == names
    assert all(began_s <= at <= time.monotonic() for at in listener.seen_at.values())
    assert server.asked[0][:2] == ("GET", "/api/v1/events?topics=alert")
    assert server.asked[0][2]["authorization"] == "Bearer secret"
