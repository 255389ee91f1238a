"""What whoever stands at the scale sees and keys in; what is seldom used is loaded for it, and let go of afterwards."""
