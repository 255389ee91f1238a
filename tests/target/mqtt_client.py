"""The agent's MQTT client at a test's command; `desk.obey` says how."""

import asyncio
import gc

import desk
from agent.transport import mqtt

messages = []
buffer = bytearray(mqtt.MAX_MESSAGE)
changes = 0


async def on_message(topic, payload):
    if topic == "too/much":
        raise MemoryError
    messages.append([topic, None if payload is None else bytes(payload).hex()])


def on_change():
    global changes
    changes += 1


class Commands:
    client = None

    async def connect(self, port, identity, user, password, timeout_ms):
        stream, _ = await desk.Network().open("127.0.0.1", port)
        self.client = await mqtt.connect(stream, buffer, identity, on_message, on_change, user, password, timeout_ms)
        return {"session_present": self.client.session_present}

    async def subscribe(self, topic):
        await self.client.subscribe(topic)

    async def publish(self, topic, chunks, declared=None):
        length = sum(len(chunk) for chunk in chunks) if declared is None else declared
        await self.client.publish(topic, length, (chunk.encode() for chunk in chunks))

    async def publish_bulk(self, topic, chunks, size):
        await self.client.publish(topic, chunks * size, (bytes(size) for _ in range(chunks)))

    async def acknowledged(self):
        while self.client._unanswered:
            await self.client._change()
        return changes

    async def messages(self, count):
        while len(messages) < count:
            self.client.check()
            await asyncio.sleep_ms(2)
        return messages

    async def ended(self):
        while self.client.error is None:
            await asyncio.sleep_ms(5)
        return str(self.client.error)

    async def close(self):
        await self.client.close()

    def fragment(self, size):
        """Hold every other piece of `size` in the heap; return whether none of twice that is left in one."""
        pieces = [None] * 1000
        gc.collect()
        try:
            for number in range(len(pieces)):
                pieces[number] = bytearray(size)
        except MemoryError:
            for freed in range(0, number, 2):
                pieces[freed] = None
        self.pieces = pieces
        gc.collect()
        try:
            bytearray(2 * size)
        except MemoryError:
            return True
        return False

    def put_forward(self, ms):
        desk.put_forward(ms)


commands = Commands()
asyncio.run(desk.obey({name: getattr(commands, name) for name in dir(Commands) if name[0] != "_" and name != "client"}))
