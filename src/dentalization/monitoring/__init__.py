"""What Prometheus and tracing see of a running service."""
