"""What two keys agree on, on the host: the vectors of Wycheproof, and the key of codes by RFC 5869."""

import hmac

import pytest
from kit import third_party
from steelyard_protocol import agreement, cbor, identity, p256
from steelyard_protocol.agreement import Purpose

SCALE, PLATFORM = (p256.public_key(scalar.to_bytes(32, "big")) for scalar in (7, 8))


@pytest.mark.parametrize("case", third_party.wycheproof_ecdh(), ids=lambda case: case.name)
def test_the_host_agrees_with_wycheproof(case: third_party.Agreement) -> None:
    if case.accepted:
        assert agreement.agree(case.private_key, case.public_key) == case.shared
    else:
        with pytest.raises(agreement.AgreementError):
            agreement.agree(case.private_key, case.public_key)


@pytest.mark.parametrize("purpose", Purpose)
def test_the_key_of_codes_is_derived_for_one_purpose_of_one_scale_and_platform(purpose: Purpose) -> None:
    info = cbor.encode([purpose.value, "suite", identity.thumbprint(SCALE), identity.thumbprint(PLATFORM)])
    extracted = hmac.digest(bytes(32), b"s" * 32, "sha256")
    expanded = hmac.digest(extracted, info + b"\x01", "sha256")
    assert agreement.code_key(b"s" * 32, purpose, "suite", SCALE, PLATFORM) == expanded
