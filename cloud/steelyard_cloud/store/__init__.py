"""The database: tables, migrations, and the one writer of evidence.

SQLite is the default and PostgreSQL the one for production; the same code and the same tests run on both.
"""
