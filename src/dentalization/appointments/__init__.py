"""Appointments: a calendar that cannot be double-booked, and the hours behind it."""
