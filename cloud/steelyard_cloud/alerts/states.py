"""The states of an alert, and how people may move it through them."""

TRANSITIONS: dict[str, tuple[str, ...]] = {
    "open": ("acknowledged", "investigating"),
    "regressed": ("acknowledged", "investigating"),
    "acknowledged": ("investigating",),
    "investigating": ("confirmed", "authorised", "false"),
    "confirmed": ("closed", "investigating"),
    "authorised": ("closed", "investigating"),
    "false": ("closed", "investigating"),
    "closed": (),
}
"""Where people may move an alert from each state; `regressed` is reached only by the finding coming back."""


class TransitionRefused(Exception):
    """The alert is {state} and cannot become {to}; from here it can become {allowed}."""

    def __init__(self, state: str, to: str) -> None:
        allowed = ", ".join(TRANSITIONS.get(state, ())) or "nothing else"
        super().__init__((self.__doc__ or "").format(state=state, to=to, allowed=allowed))
        self.state, self.to = state, to
