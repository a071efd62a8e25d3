"""Mouths drawn by rules, with exact boxes: what the photo model learns from, and the demo's pictures."""
