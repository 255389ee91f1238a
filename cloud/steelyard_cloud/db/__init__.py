"""The database: schema, migrations, transactions, and what is written for other processes to read."""
