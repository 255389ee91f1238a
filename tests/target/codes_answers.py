"""Answers JSON lines about codes; bytes are in hex digits.

`["ocra", suite, key, question, counter, pin hash, session, time steps]` · `["agree", private key, public key]` ·
`["derive", secret, info]` · `["shape", private key, public key]`
"""

import json
import os
import sys

from agent.wire import agreement, ocra, p256_curve


def drive(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def agree(private_key, public_key):
    return drive(agreement.agree_steps(private_key, public_key, os.urandom)).hex()


def shape(private_key, public_key):
    """The operations on points and the pauses between them, in their order, up to the last inversion."""
    done = []
    double, add, affine = p256_curve.double, p256_curve.add, p256_curve.affine_steps

    def noted(name, call):
        def noting(*args):
            done.append(name)
            return call(*args)

        return noting

    p256_curve.double, p256_curve.add = noted("D", double), noted("A", add)
    p256_curve.affine_steps = noted("/", affine)
    try:
        for _ in agreement.agree_steps(private_key, public_key, os.urandom):
            if "/" not in done:
                done.append(".")
    finally:
        p256_curve.double, p256_curve.add, p256_curve.affine_steps = double, add, affine
    text = "".join(done)
    return text[text.index("A") :].lstrip(".") if "A" in text else text


ANSWERS = {
    "ocra": ocra.response,
    "agree": agree,
    "derive": lambda secret, info: agreement.derive(secret, info).hex(),
    "shape": shape,
}
TEXTS = {"ocra": (0, 2)}

while True:
    line = sys.stdin.readline()
    if not line:
        break
    command, *given = json.loads(line)
    texts = TEXTS.get(command, ())
    given = [bytes.fromhex(one) if isinstance(one, str) and at not in texts else one for at, one in enumerate(given)]
    try:
        print(ANSWERS[command](*given))
    except ValueError as error:
        print("!", error)
