"""How the agent's program ends without the power failing."""


class Reset(BaseException):
    """The board restarts itself: `args[0]` is the cause that `machine.reset_cause` then gives."""
