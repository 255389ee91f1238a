"""What every route needs of HTTP: who is asking, errors, limits, repeated requests, downloads."""
