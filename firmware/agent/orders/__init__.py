"""What the platform may tell the scale: whom it trusts, what it may ask for, and how it takes it in."""
