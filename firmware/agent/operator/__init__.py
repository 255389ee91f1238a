"""What whoever stands at the scale sees and keys in; loaded when it is used, and let go of afterwards."""
