"""When the deadline of an alert begins: the instant at which the change of a parameter left its scale.

It listens to what the scales publish and takes no part in it; the time to an alert is measured from here, as the scale
tells its console of an adjustment only after the pan has settled again.
"""

import threading
import time

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from steelyard_protocol import statement
from steelyard_protocol.events import Event, EventKind

TOPICS = "sy/1/+/+/up"


class Deadlines:
    """`changed_at` has the instant (`time.monotonic`) of each scale's first change of parameters, by identity."""

    def __init__(self, broker_port: int) -> None:
        self.changed_at: dict[str, float] = {}
        self.connected = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="steelyard-demo-stop-watch")
        self._client.on_message = lambda _client, _data, message: self._take(message)
        self._client.on_connect = lambda client, *_rest: client.subscribe(TOPICS, qos=1)
        self._client.on_subscribe = lambda *_rest: self.connected.set()
        self._client.connect("127.0.0.1", broker_port)
        self._client.loop_start()

    def stop(self) -> None:
        """Stop listening."""
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, message: MQTTMessage) -> None:
        now = time.monotonic()
        identity = message.topic.split("/")[3]
        for raw in statement.decode_message(bytes(message.payload)):
            body = statement.parse(raw).body
            if isinstance(body, Event) and body.kind == EventKind.PARAMETER_CHANGE:
                self.changed_at.setdefault(identity, now)
