"""What a receiver keeps in memory of the database, bounded."""
