"""One letter out: by SMTP, or into a folder in development."""
