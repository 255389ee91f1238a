"""One module for each board with a circuit of its own, which gives `circuit()`; `blocks/` has what boards share."""
