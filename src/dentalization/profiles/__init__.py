"""Patients and doctors: who they are, and which doctor cares for which patient."""
