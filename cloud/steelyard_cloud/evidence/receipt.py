"""What an evidence file tells of a printed receipt, in words."""

from steelyard_protocol.sale_proof import SaleProof, SaleProofError

from steelyard_cloud.errors import CloudError
from steelyard_cloud.judge.sold import SaleWord

OF_THE_RECORD = "It is a proof of the record: what the scale has signed, not which goods were on it."
SENTENCES = {
    SaleWord.PROVEN: "The scale has signed this sale, at the price that its weight and unit price give.",
    SaleWord.PRICE_WRONG: "The scale has signed this sale, but its price is not weight times unit price.",
    SaleWord.CANCELLED: "The scale has signed this sale, and cancelled it afterwards.",
    SaleWord.CANCELLATION: "This is the receipt of a cancellation, and the scale has signed that.",
    SaleWord.NOT_ARRIVED: "No statement in this file is late enough to say whether the scale has signed this sale.",
    SaleWord.MISSING: "Statements of that time are not in this file; the sale may be among them.",
    SaleWord.SUMS_ONLY: "Sales of that time were stated in sums only, as the journal was nearly full: nobody can tell.",
    SaleWord.NO_SUCH_SALE: "The scale has signed no such sale, although its statements of that time are all here.",
    SaleWord.CANNOT_BE_TOLD: "It cannot be told: the file is not authentic, of another scale, or contradicts itself.",
}
BAD = frozenset((SaleWord.PRICE_WRONG, SaleWord.CANCELLED, SaleWord.CANCELLATION, SaleWord.NO_SUCH_SALE))


class ReceiptUnreadable(CloudError):
    """This is not the code of a printed receipt ({why}); give all characters after the last slash."""

    code, noun, exit_code = "receipt-unreadable", "receipt", 2


def read_receipt(text: str) -> SaleProof:
    """The code in what was scanned or typed, a link or the characters alone; raises ReceiptUnreadable."""
    try:
        return SaleProof.read(text.strip().rpartition("/")[2])
    except SaleProofError as error:
        raise ReceiptUnreadable(why=error.values["why"]) from error
