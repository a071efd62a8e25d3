"""What has changed, told to the pages and programs of those whom it concerns."""
