"""The receiver that one would write first, as the reference of the ingest bench: paho's callback, `ecdsa` with gmpy2,
one INSERT and commit per message, SQLite with its default journal. It sends nothing back; run as a program.
"""

import hashlib
import pickle
import sqlite3
import sys
import time
from typing import Any

import cbor2
import ecdsa
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def main(port: int, keys_file: str, database: str, count: int) -> None:
    """Receive `count` statements and print the seconds from the first to the last commit."""
    with open(keys_file, "rb") as file:
        points: dict[bytes, bytes] = pickle.load(file)
    keys = {kid: ecdsa.VerifyingKey.from_string(point, ecdsa.NIST256p) for kid, point in points.items()}
    connection = sqlite3.connect(database, check_same_thread=False)
    connection.execute("CREATE TABLE statements (kid BLOB, number INTEGER, raw BLOB)")
    received: list[float] = []

    def on_message(client: Client, _data: Any, message: Any) -> None:
        if not received:
            received.append(time.perf_counter())
        protected, _, payload, signature = cbor2.loads(message.payload).value
        signed = cbor2.dumps(["Signature1", protected, b"steelyard/1 up", payload])
        kid = cbor2.loads(protected)[4]
        keys[kid].verify(signature, signed, hashfunc=hashlib.sha256)
        number = cbor2.loads(payload)[1]
        connection.execute("INSERT INTO statements VALUES (?, ?, ?)", (kid, number, message.payload))
        connection.commit()
        received.append(time.perf_counter())
        if len(received) > count:
            client.disconnect()

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = on_message
    client.on_connect = lambda connected, *_: connected.subscribe("sy/1/+/+/up", 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_forever()
    print(received[-1] - received[0])


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
