"""Every word that people read, and in which language."""
