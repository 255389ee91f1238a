"""New software: from its signed manifest to the restart, and what decides whether it stays. Loaded while it goes on."""
