"""Dentalization: patients photograph their teeth, an AI proposes findings, licensed dentists decide."""

__version__ = "0.1.0"
