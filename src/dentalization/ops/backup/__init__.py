"""Backups that are proven by restoring them: made, verified, restored, drilled, and let go in turn."""
