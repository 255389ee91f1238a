"""The platform as a scale sees it, for tests: its keys, what it signs, and a receiver that can keep its receipts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from steelyard_protocol import downlink, identity, p256, questions, statement
from steelyard_protocol.downlink import Role
from steelyard_protocol.enrolment import EnrolAnswer, from_base64url, to_base64url
from steelyard_simulator import SimulatedScale


@dataclass(frozen=True)
class Key:
    """A key of the platform."""

    private: bytes = field(default_factory=p256.make_private_key)

    @property
    def point(self) -> bytes:
        return p256.public_key(self.private)

    def sign(self, order: downlink.Order) -> bytes:
        return downlink.sign(order, self.private, identity.kid(self.point))


class Platform:
    """Root, online, authority, unlock and manufacturer's key, and the set that the root signed."""

    def __init__(self) -> None:
        self.root, self.online, self.authority, self.unlock, self.manufacturer = (Key() for _ in range(5))

    def key_set(self, number: int = 1) -> bytes:
        kinds = ((self.online, Role.ONLINE), (self.authority, Role.AUTHORITY), (self.unlock, Role.UNLOCK))
        kinds += ((self.manufacturer, Role.MANUFACTURER),)
        return self.root.sign(downlink.KeySet(number, tuple((key.point, role) for key, role in kinds)))

    def answer(self, enrolment: bytes | SimulatedScale, port: int, key_set: bytes | None = None, **other: Any) -> str:
        """What the technician carries to the console of the scale that enrolled with this statement: base64url."""
        if isinstance(enrolment, SimulatedScale):
            enrolment = from_base64url(enrolment.console_json("enrol")["statement"])
        fields = {"host": "127.0.0.1", "port": port, "tls": False, "password": None, "period_s": 600, **other}
        answer = EnrolAnswer(statement.parse(enrolment).kid, key_set or self.key_set(), **fields)
        return to_base64url(answer.sign(self.authority.private, identity.kid(self.authority.point)))

    def receipt(self, raw: bytes, *, key: Key | None = None, **other: Any) -> bytes:
        """A receipt for a statement; `other` replaces fields of it."""
        parsed = statement.parse(raw)
        fields = {"identity": parsed.kid, "number": parsed.number, "hash": parsed.hash, "committed": 1_800_000_000}
        return (key or self.online).sign(downlink.Receipt(**{**fields, **other}))


def accepts_permit(raw: bytes, key_set: bytes, root: bytes) -> downlink.Permit:
    """The permit, checked as a scale checks it: root → key set → authority."""
    held = downlink.open_order(key_set, root)
    assert isinstance(held, downlink.KeySet)
    kid = downlink.kid_of(raw)
    (key,) = [key for key, roles in held.keys if identity.kid(key) == kid and roles & downlink.Role.AUTHORITY]
    order = downlink.open_order(raw, key)
    assert isinstance(order, downlink.Permit)
    return order


class Receiver:
    """What the cloud does as seen from a scale: takes what comes, checks it, and sends receipts if it may."""

    def __init__(self, port: int, platform: Platform) -> None:
        self.platform = platform
        self.receipts = True
        self.messages: list[list[int]] = []  # the numbers in each message, in the order of arrival
        self.sizes: list[int] = []
        self.held: dict[int, bytes] = {}
        self.failures: list[Exception] = []
        self.questions: list[questions.Question] = []
        self.time_s = 0  # what it answers about the time; 0 for nothing
        self.image = b""  # of which it gives pieces
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="receiver")
        self.client.on_message = self._take
        self.client.on_connect = lambda *_: self.client.subscribe("sy/1/+/+/up", qos=1)
        self.subscribed = threading.Event()
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_disconnect = lambda *_: self.subscribed.clear()
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.subscribed.wait(5)

    def _take(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        try:
            question = questions.read(message.payload)
            if question is not None:
                self._answer(client, message.topic, question)
                return
            raws = statement.decode_message(message.payload)
            parsed = [statement.parse(raw) for raw in raws]
            for one in parsed:
                assert message.topic == f"sy/1/{identity.shard(one.kid)}/{identity.to_text(one.kid)}/up"
                assert self.held.setdefault(one.number, one.raw) == one.raw, "two contents under one number"
            self.messages.append([one.number for one in parsed])
            self.sizes.append(len(message.payload))
            if self.receipts:
                down = message.topic.removesuffix("up") + "down"
                client.publish(down, self.platform.receipt(self.newest_held()), qos=1)
        except Exception as error:
            self.failures.append(error)

    def _answer(self, client: paho.Client, topic: str, question: questions.Question) -> None:
        self.questions.append(question)
        if isinstance(question, questions.TimeQuestion) and self.time_s:
            answer = downlink.Time(question.identity, question.nonce, self.time_s)
            client.publish(topic.removesuffix("up") + "down", self.platform.online.sign(answer), qos=1)
        if isinstance(question, questions.PieceQuestion) and self.image:
            client.publish(topic.removesuffix("up") + "down", question.answer(self.image), qos=1)

    def newest_held(self) -> bytes:
        """The last statement before the first hole."""
        number = 1
        while number + 1 in self.held:
            number += 1
        return self.held[number]

    def send(self, payload: bytes) -> None:
        """Send a message down to the scale that statement 1 came from, and wait until the broker has it."""
        kid = statement.parse(self.held[1]).kid
        topic = f"sy/1/{identity.shard(kid)}/{identity.to_text(kid)}/down"
        self.client.publish(topic, payload, qos=1).wait_for_publish(5)

    def check(self) -> None:
        if self.failures:
            raise self.failures[0]


@contextmanager
def receiving(port: int, platform: Platform) -> Iterator[Receiver]:
    receiver = Receiver(port, platform)
    try:
        yield receiver
    finally:
        receiver.client.disconnect()
        receiver.client.loop_stop()
    receiver.check()
