"""The legally relevant parameters: their fields, their values, and the permits that open them."""
