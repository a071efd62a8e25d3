"""Analyses of photos, the AI's diagnoses, and what dentists decide about them."""
