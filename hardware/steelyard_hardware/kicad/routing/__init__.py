"""Routes a placed board: tracks on the two outer layers, ground and 3.3 V by a via into their planes."""
