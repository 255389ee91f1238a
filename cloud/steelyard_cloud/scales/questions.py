"""What the platform knows for a scale that asks beside its chain, by the identity that asked: nothing for the web."""

from sqlalchemy import Connection, LargeBinary, func, select, update
from steelyard_protocol import fresh
from steelyard_protocol.questions import PIECE_BYTES, FreshAnswer, PieceQuestion, encode_piece

from steelyard_cloud.db.schema import asks, software_images, updates


def piece(connection: Connection, identity_id: int, question: PieceQuestion) -> bytes | None:
    """The piece that an identity asks for of an image that it was sent; None where it was sent no such image."""
    c = software_images.c
    part = func.substr(c.image, question.offset + 1, PIECE_BYTES, type_=LargeBinary)
    query = select(part, c.image_hash).join_from(updates, software_images).where(updates.c.identity_id == identity_id)
    for data, image_hash in connection.execute(query.order_by(updates.c.id.desc()).limit(8)):
        if image_hash[:16] == question.image and data:
            return encode_piece(question.image, question.offset, bytes(data))
    return None


def take_answer(connection: Connection, identity_id: int, public_key: bytes, answer: FreshAnswer, now_ms: int) -> bool:
    """Keep the fresh code that answers an ask; False for one that was not asked for, or that the key has not signed."""
    c = asks.c
    mine = (c.identity_id == identity_id, c.number == answer.number)
    nonce = connection.scalar(select(c.nonce).where(*mine, c.answer.is_(None)))
    if nonce is None:
        return False
    try:
        code = fresh.parse(answer.code)
    except fresh.FreshError:
        return False
    if (code.identity, code.nonce) != (answer.identity, nonce) or not code.verifies(public_key):
        return False
    connection.execute(update(asks).where(*mine).values(answer=answer.code, answered_ms=now_ms))
    return True
