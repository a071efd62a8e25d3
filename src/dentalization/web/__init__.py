"""Assembly of the pages: every slice's, the start page, static files, and errors in words."""
