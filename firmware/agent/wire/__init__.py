"""What statements and orders are made of: CBOR, COSE, P-256, identities and the numbers of the wire format."""
