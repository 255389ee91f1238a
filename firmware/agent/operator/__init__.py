"""What seller and customer see, and what the keys do. Loaded on a scale whose type computes prices."""
