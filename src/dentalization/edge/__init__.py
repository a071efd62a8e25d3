"""What every route needs, of the API and of the pages alike: who acts, and how an answer is written."""
