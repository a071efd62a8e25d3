"""Texts that only holders of a key can read, wherever the database's bytes go."""
