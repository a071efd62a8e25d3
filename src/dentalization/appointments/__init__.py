"""Appointments of patients with doctors."""
