"""Photos of teeth: checked, stored upright, and served only to those who may see them."""
