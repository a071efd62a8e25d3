"""The bytes of photos and attachments, kept by key in a local folder or in any S3."""
