"""The first accounts, and invented people with years of history for demonstrations and measurements."""
