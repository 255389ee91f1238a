"""The REST API, version 1: one module for each domain.

Tokens come as `Authorization: Bearer sy_…`; errors are problem details (RFC 9457); every POST that makes something
takes an `Idempotency-Key`. Bytes are base64url without padding, times RFC 3339 or Unix seconds as the name says.
"""
