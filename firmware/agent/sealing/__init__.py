"""What shows that the case was opened, and what follows from it."""
