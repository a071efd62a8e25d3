"""The first accounts, and invented people with years of history: for demonstrations, tests and measurements."""
