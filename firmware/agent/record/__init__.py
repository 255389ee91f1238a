"""What the scale keeps: journal, chain of statements, audit trail, start counter, keys, software identification."""
