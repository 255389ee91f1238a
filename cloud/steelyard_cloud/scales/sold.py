"""The codes on printed receipts: whose sale it is, and whether that scale has signed it.

What a look-up costs is bounded, whatever is stored: some forty rows by an index, and the hashes of a batch.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select
from steelyard_protocol import identity
from steelyard_protocol.sale_proof import SaleProof, SaleProofError

from steelyard_cloud.db.schema import scales
from steelyard_cloud.errors import SaleMalformed, SaleUnknown
from steelyard_cloud.judge.sold import SaleFinding, SaleWord, judge_sale
from steelyard_cloud.statements import queries
from steelyard_cloud.statements.keys import load_keys
from steelyard_cloud.statements.stored import StoredStatements


@dataclass(frozen=True)
class SaleRead:
    """What is said of a receipt, and the public code of its scale."""

    proof: SaleProof
    finding: SaleFinding
    public_code: str


def read(connection: Connection, text: str) -> SaleRead:
    """Look for the sale of a receipt; raises SaleMalformed and SaleUnknown."""
    try:
        proof = SaleProof.read(text)
    except SaleProofError as error:
        raise SaleMalformed from error
    key = load_keys(connection, [proof.identity]).get(proof.identity)
    if key is None:
        raise SaleUnknown(identity=identity.to_text(proof.identity))
    summary = queries.summary_of(connection, key.scale_id, key.identity_id)
    finding = SaleFinding(SaleWord.NOT_ARRIVED)
    if summary is not None:
        finding = judge_sale(proof, key.public_key, summary, StoredStatements(connection, key))
    code: str = connection.execute(select(scales.c.public_code).where(scales.c.id == key.scale_id)).scalar_one()
    return SaleRead(proof, finding, code)
