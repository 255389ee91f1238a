"""One module for each board with a circuit of its own; `blocks` has what they share. Each gives `circuit()`."""
