"""The contract every part of Steelyard speaks: CBOR, COSE, identities, statements, parameters, weight."""
