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
