"""The pages: for regulators behind a sign-in, and the public one for everybody."""
