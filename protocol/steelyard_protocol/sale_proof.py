"""The code on a printed receipt: with it anybody can ask whether the scale has signed this sale."""

from dataclasses import dataclass
from typing import Self

from steelyard_protocol import base32, cbor
from steelyard_protocol.checks import array, octets, optional
from steelyard_protocol.errors import ProtocolError
from steelyard_protocol.sales import SALE, SALT_BYTES, Sale

MOST_CHARACTERS = 109
"""With every field at its bound."""


class SaleProofError(ProtocolError):
    """not the code of a printed receipt: {why}"""

    code, noun = "sale-proof", "code of a printed receipt"


@dataclass(frozen=True, slots=True)
class SaleProof:
    """Whose sale it is (10 bytes), its record, and the record's salt where a batch has it; no salt: a statement has it.

    Nothing here is signed: a proof is what the scale's statements say of it.
    """

    identity: bytes
    sale: Sale
    salt: bytes | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read one as people type it (`base32.from_text`); raises SaleProofError."""
        if len(text) > 2 * MOST_CHARACTERS:
            raise SaleProofError(why=f"{len(text)} characters")
        try:
            found = cbor.decode(base32.from_text(text))
        except ProtocolError as error:
            raise SaleProofError(why=str(error)) from error
        if not _PROOF(found):
            raise SaleProofError(why="its fields are not those of one")
        identity, sale, salt = found
        return cls(identity, Sale(*sale), salt)

    def to_text(self) -> str:
        """The characters after the address."""
        return base32.to_text(cbor.encode([self.identity, list(self.sale), self.salt]))


_PROOF = array(octets(10), array(*SALE), optional(octets(SALT_BYTES)))
