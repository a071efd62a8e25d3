"""Assembly of the HTTP service: routes of all slices, errors, limits, logs, health."""
