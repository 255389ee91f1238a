"""The network cable of a simulated scale: it carries bytes, it can be cut in silence, and mended."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from steelyard_simulator.link import Link


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        yield listener


@pytest.fixture
def link(server: socket.socket) -> Iterator[Link]:
    link = Link()
    link.aim(*server.getsockname())
    yield link
    link.close()


@pytest.fixture
def ends(link: Link, server: socket.socket) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection through the link: the scale's end and the broker's."""
    with socket.create_connection(("127.0.0.1", link.port), 5) as near:
        far, _ = server.accept()
        with far:
            far.settimeout(5)
            yield near, far


Ends = tuple[socket.socket, socket.socket]


def test_bytes_pass_both_ways(ends: Ends) -> None:
    near, far = ends
    near.sendall(b"up" * 50_000)
    received = b""
    while len(received) < 100_000:
        received += far.recv(100_000)
    assert received == b"up" * 50_000
    far.sendall(b"down")
    assert near.recv(10) == b"down"


def test_closing_one_end_closes_the_other(ends: Ends) -> None:
    near, far = ends
    near.close()
    assert far.recv(10) == b""


def test_a_cut_is_silent_and_mending_it_resets_what_was_open(link: Link, ends: Ends) -> None:
    near, far = ends
    link.cut()
    near.sendall(b"lost")
    far.settimeout(0.2)
    with pytest.raises(TimeoutError):
        far.recv(10)
    link.restore()
    far.settimeout(5)
    with pytest.raises(ConnectionResetError):
        far.recv(10)


def test_connections_made_during_a_cut_hang_until_it_is_mended(link: Link, server: socket.socket) -> None:
    link.cut()
    with socket.create_connection(("127.0.0.1", link.port), 5) as near:
        near.sendall(b"anybody?")
        near.settimeout(0.2)
        with pytest.raises(TimeoutError):
            near.recv(10)
        link.restore()
        near.settimeout(5)
        with pytest.raises(ConnectionResetError):
            near.recv(10)
    with socket.create_connection(("127.0.0.1", link.port), 5) as near:
        far, _ = server.accept()
        with far:
            near.sendall(b"again")
            assert far.recv(10) == b"again"


def test_a_link_without_target_or_broker_refuses(server: socket.socket, link: Link) -> None:
    server.close()
    # the reset may come while the call to connect is still under way
    with pytest.raises(ConnectionResetError), socket.create_connection(("127.0.0.1", link.port), 5) as near:
        near.recv(10)
    unaimed = Link()
    try:
        with pytest.raises(ConnectionResetError), socket.create_connection(("127.0.0.1", unaimed.port), 5) as near:
            near.recv(10)
    finally:
        unaimed.close()
