"""Who saw or changed whose data: an append-only, chained log that is written before an answer leaves."""
