"""What scales ask beside their chains is answered: the time, a piece of an image, and what an ask wanted.

Answers go to the scale's own topic, few in a time, so that nobody gains by asking in its name. None of it is evidence.
"""

from collections.abc import Sequence

from steelyard_protocol.downlink import Time
from steelyard_protocol.questions import FreshAnswer, Question, TimeQuestion

from steelyard_cloud.db.database import Connection
from steelyard_cloud.ingest.limits import Budget
from steelyard_cloud.ingest.receipts import Due
from steelyard_cloud.scales import questions
from steelyard_cloud.statements.keys import Key

MOST = 64  # of an identity in one go, and then one a second
REMEMBERED = 50_000


class Questions:
    """Answers the questions of a batch within its transaction."""

    def __init__(self) -> None:
        self._budget: Budget[bytes] = Budget(MOST, REMEMBERED)

    def answer(self, connection: Connection, asked: Sequence[tuple[Key, Question]], now_ms: int) -> list[Due]:
        """What is to be sent; of several questions about the time the last one counts."""
        times: dict[bytes, Due] = {}
        pieces: list[Due] = []
        for key, question in asked:
            if not self._budget.allows(key.kid, now_ms):
                continue
            self._budget.spend(key.kid, now_ms)
            if isinstance(question, TimeQuestion):
                times[key.kid] = Due(key.down, Time(key.kid, question.nonce, now_ms // 1000))
            elif isinstance(question, FreshAnswer):
                questions.take_answer(connection, key.identity_id, key.public_key, question, now_ms)
            elif piece := questions.piece(connection, key.identity_id, question):
                pieces.append(Due(key.down, piece))
        return [*times.values(), *pieces]
