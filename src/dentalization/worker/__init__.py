"""Assembly of the job runner: the tasks of all slices on one queue."""
