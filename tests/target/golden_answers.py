"""Reads the golden vectors as the scale reads and writes them; run with their path. Prints how many there were of each.

Every statement is decoded, verified and, as signatures follow RFC 6979, made again byte for byte; every weight is
computed again.
"""

import json
import os
import sys

from agent.adjustment import fields, parameters
from agent.codes import fresh
from agent.errors import AgentError
from agent.orders import signed_trust
from agent.weighing.price import price
from agent.weighing.ranges import Ranges
from agent.weighing.weight import MAX_1, Scaling, unit_mg
from agent.wire import agreement, cbor, cose, identity, ocra, p256, statements

with open(sys.argv[1]) as file:
    golden = json.load(file)
POINTS = {name: bytes.fromhex(key["public_key"]) for name, key in golden["keys"].items()}
SCALE = golden["keys"]["scale"]
SIGNERS = {"permit": "authority", "key set": "root", "update": "manufacturer"}


def drive(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def opened(raw, signer, external):
    """The payload of a message of the profile, verified; AgentError says why not."""
    return drive(cose.verify_down_steps(raw, {identity.kid(POINTS[signer]): POINTS[signer]}, external))[1]


def weigh(parameter_map, filtered, zero, cdeg):
    scaling = Scaling(parameter_map, cdeg)
    weigh = Ranges(parameter_map, scaling).gross if MAX_1 in parameter_map else scaling.gross
    return weigh(scaling.compensated(filtered) - zero)


def check_keys():
    point = POINTS["scale"]
    private_key = bytes.fromhex(SCALE["private_key"])
    assert p256.public_key(private_key, os.urandom) == point
    assert identity.thumbprint(point).hex() == SCALE["thumbprint"]
    assert identity.identity_text(identity.kid(point)) == SCALE["identity"]
    return len(POINTS)


def check_parameters():
    maps = {}
    for made in golden["parameters"]:
        parameter_map = cbor.decode(bytes.fromhex(made["map"]))
        assert fields.breach(parameter_map) is None
        assert parameters.digest_of(parameter_map).hex() == made["digest"]
        maps[parameters.digest_of(parameter_map)] = parameter_map
    return maps


def check_statements(maps):
    private_key = bytes.fromhex(SCALE["private_key"])
    weighed = 0
    everything = golden["statements"] + golden["growth"] + golden["sales"] + golden["sizes"]
    for made in everything:
        raw = bytes.fromhex(made["raw"])
        payload = opened(raw, "scale", cose.UP)
        item = cbor.decode(payload)
        assert cbor.encode(item) == payload, made["name"]
        again = cose.statement_steps(
            identity.kid(POINTS["scale"]), payload, lambda message: p256.sign_steps(private_key, message, os.urandom)
        )
        assert drive(again) == raw, made["name"]
        changed = bytearray(raw)
        changed[-70] ^= 1
        try:
            opened(bytes(changed), "scale", cose.UP)
            raise AssertionError(made["name"])
        except cose.CoseError:
            pass
        if item[statements.KIND] == statements.SNAPSHOT and made in golden["statements"]:
            body = item[statements.BODY]
            assert weigh(maps[item[statements.DIGEST]], body[0], body[1], body[4]) == body[2], made["name"]
            weighed += 1
    assert weighed
    return len(everything), weighed


def check_orders():
    for order in golden["orders"]:
        raw = bytes.fromhex(order["raw"])
        signer = SIGNERS.get(order["name"], "online")
        payload = opened(raw, signer, cose.DOWN)
        assert cbor.encode(cbor.decode(payload)) == payload
        for other, external in (("scale", cose.DOWN), (signer, cose.UP)):
            try:
                opened(raw, other, external)
                raise AssertionError(order["name"])
            except cose.CoseError:
                pass
        if order["name"] == "key set":
            drive(signed_trust.key_set_steps(raw, POINTS["root"]))
    answer = bytes.fromhex(golden["enrol answer"])
    opened(answer, "authority", b"steelyard/1 enrol")
    signed_trust._read_answer(answer, identity.kid(POINTS["scale"]))
    return len(golden["orders"])


def check_batch():
    members = cbor.decode(bytes.fromhex(golden["batch"]))
    assert [member.hex() for member in members] == [made["raw"] for made in golden["statements"][: len(members)]]
    return len(members)


def check_refused():
    """A scale reads nothing but the strict profile: what a receiver would hold and judge is refused here too."""
    for made in golden["refused"]:
        try:
            opened(bytes.fromhex(made["raw"]), "scale", cose.UP)
            raise AssertionError(made["name"])
        except AgentError:
            pass
    return len(golden["refused"])


def check_weights():
    for made in golden["weights"]:
        parameter_map = cbor.decode(bytes.fromhex(made["parameters"]))
        weighed = weigh(parameter_map, made["filtered_counts"], made["zero_counts"], made["temperature_cdeg"])
        assert weighed == made["gross_intervals"], made
    return len(golden["weights"])


def check_prices():
    for made in golden["prices"]:
        if "parameters" in made:
            assert unit_mg(cbor.decode(bytes.fromhex(made["parameters"]))) == made["e_mg"]
        assert price(made["net"], made["unit_price"], made["e_mg"], made["per_100_g"]) == made["price"], made
    return len(golden["prices"])


def check_sale():
    """A sale's body has its elements in the definition's order."""
    made = [one for one in golden["sales"] if one["name"].startswith("sale") and "batch" not in one["name"]]
    for one in made:
        body = cbor.decode(bytes.fromhex(one["payload"]))[statements.BODY]
        assert statements.sale(body[0], body[1], body[2:8], body[8]) == body
    return len(made)


def check_sale_proofs():
    for made in golden["sale proofs"]:
        raw = bytes.fromhex(made["raw"])
        kid, body, salt = cbor.decode(raw)
        assert statements.sale(body[0], body[1], body[2:8], body[8]) == body
        assert cbor.encode((kid, body, salt)) == raw and identity.base32(raw) == made["text"], made["name"]
    return len(golden["sale proofs"])


def check_fresh():
    private_key = bytes.fromhex(SCALE["private_key"])
    for made in golden["fresh"]:
        raw = bytes.fromhex(made["raw"])
        fields = cbor.decode(raw[:-64])
        again = fresh.build_steps(fields[0], fields, lambda message: p256.sign_steps(private_key, message, os.urandom))
        assert drive(again) == raw, made["name"]
        assert fresh.segments(None, raw) == (made["digits"],)
        assert fresh.segments("https://s.example", raw) == ("HTTPS://S.EXAMPLE/F/", made["digits"])
    return len(golden["fresh"])


def check_codes():
    private_key, other = bytes.fromhex(golden["keys"]["agreement"]["private_key"]), POINTS["unlock"]
    thumbprints = [identity.thumbprint(POINTS["agreement"]), identity.thumbprint(other)]
    for made in golden["codes"]:
        secret = drive(agreement.agree_steps(private_key, other, os.urandom))
        key = agreement.derive(secret, cbor.encode([made["purpose"], made["suite"]] + thumbprints))
        assert (secret.hex(), key.hex()) == (made["secret"], made["key"])
        session = bytes.fromhex(made["session"]) or None
        assert ocra.response(made["suite"], key, made["question"], session=session) == made["answer"]
    return len(golden["codes"])


maps = check_parameters()
made, weighed = check_statements(maps)
print(
    json.dumps(
        {
            "keys": check_keys(),
            "parameters": len(maps),
            "statements": made,
            "snapshots": weighed,
            "orders": check_orders(),
            "batch": check_batch(),
            "refused": check_refused(),
            "weights": check_weights(),
            "prices": check_prices(),
            "sales": check_sale(),
            "sale proofs": check_sale_proofs(),
            "fresh": check_fresh(),
            "codes": check_codes(),
        }
    )
)
