"""The statuses of an alert, and how people may move it through them."""

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
