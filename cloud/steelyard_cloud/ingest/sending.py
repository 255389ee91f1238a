"""Send: the receipts of a committed batch are signed and published, and only then its messages are acknowledged."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from steelyard_cloud.ingest.mqtt.broker import Broker
from steelyard_cloud.ingest.mqtt.session import Message
from steelyard_cloud.ingest.receipts import Due, Outgoing, signed_all
from steelyard_cloud.keys import PlatformKey


class Committed(NamedTuple):
    """A batch that is committed: its receipts, and the messages that it came in."""

    due: Sequence[Due]
    messages: Sequence[Message]


class Sender:
    """Sends in a thread of its own, one batch after the other; the caller commits the next meanwhile."""

    def __init__(self, broker: Broker, online: PlatformKey) -> None:
        self._broker, self._online = broker, online
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="receipts")
        self._sending: tuple[Committed, Future[None]] | None = None

    def send(self, committed: Committed) -> None:
        """Begin with a batch, once the one before is sent; raises why that one could not be."""
        self.wait()
        self._sending = committed, self._thread.submit(self._send_now, committed)

    def wait(self) -> None:
        """Wait until the last batch is sent; where that failed, have it sent again and raise why."""
        if self._sending is None:
            return
        committed, sent = self._sending
        try:
            sent.result()
        except Exception:
            self._sending = committed, self._thread.submit(self._send_now, committed)
            raise
        self._sending = None

    def look(self) -> None:
        """`wait`, but only if there is nothing to wait for."""
        if self._sending is not None and self._sending[1].done():
            self.wait()

    def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Send what is signed already, at once."""
        if outgoing:
            self._broker.publish(outgoing)

    def close(self) -> None:
        """Finish, and stop the thread."""
        self._thread.shutdown()

    def _send_now(self, committed: Committed) -> None:
        self.publish(signed_all(committed.due, self._online))
        self._broker.acknowledge([message for message in committed.messages if message.ack is not None])
