"""Reads commands with arguments in hex digits (`-` for nothing), one a line, and answers each with one line.

verify KEY MESSAGE SIGNATURE · sign PRIVATE MESSAGE · public PRIVATE · combine U1 U2 KEY ·
verify1 MESSAGE KEY EXTERNAL · decode1 MESSAGE · statement PRIVATE PAYLOAD · down MESSAGE KEY…
"""

import os
import sys

from agent.wire import cose, identity, p256, p256_curve


def drive(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def combine(u1, u2, key):
    """Return u1·G + u2·Q as x‖y, or `infinity`."""
    u1, u2, x, y = [int.from_bytes(part, "big") for part in (u1, u2, key[1:33], key[33:])]
    point = drive(p256_curve.add_multiples_steps(u1, u2, x, y))
    if not point[2]:
        return "infinity"
    x, y = drive(p256_curve.affine_steps(*point))
    return (x.to_bytes(32, "big") + y.to_bytes(32, "big")).hex()


def statement(private_key, payload):
    def sign_steps(message):
        return p256.sign_steps(private_key, message, os.urandom)

    kid = identity.kid(p256.public_key(private_key, os.urandom))
    return drive(cose.statement_steps(kid, payload, sign_steps)).hex()


def down(message, *keys):
    kid, payload = drive(cose.verify_down_steps(message, {identity.kid(key): key for key in keys}))
    return identity.identity_text(kid) + " " + payload.hex()


ANSWERS = {
    "verify": p256.verify,
    "sign": lambda private_key, message: p256.sign(private_key, message, os.urandom).hex(),
    "public": lambda private_key: p256.public_key(private_key, os.urandom).hex(),
    "combine": combine,
    "verify1": cose.verify1,
    "decode1": lambda message: len(cose.decode_sign1(message)),
    "statement": statement,
    "down": down,
}

while True:
    line = sys.stdin.readline()
    if not line:
        break
    command, *arguments = line.split()
    try:
        print(ANSWERS[command](*[b"" if part == "-" else bytes.fromhex(part) for part in arguments]))
    except cose.CoseError as error:
        print("!", error)
