"""Assembly of the pages."""
