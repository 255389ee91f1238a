"""The agent's errors: one root; a code for programs in every class, and a sentence for people.

MicroPython allows one native base class, so none of them is a ValueError or OSError besides. Those two are left to
MicroPython, to arguments that the caller could have checked, and to chips that do not answer.
"""


class AgentError(Exception):
    """Something that the agent refuses or cannot do. `message` says what, where and what to do; `facts` go into it."""

    code = "agent-error"
    message = "%s"

    def __init__(self, *facts):
        super().__init__(self.message % facts)
        self.facts = facts


class NotStated(AgentError):
    """A statement cannot be made just now. The scale weighs on, and what was due stays due."""

    code = "not-stated"


class CaseError(AgentError):
    """One whose `code` is a word for the case: nobody handles the cases apart, and a class of its own takes heap."""

    code = "case"

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Damaged(CaseError):
    """What the scale keeps, or the flash below it, is not as it must be. The text says what to do."""

    code = "damaged"
