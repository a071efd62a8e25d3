"""Everything about a person: handed out as one archive, and erased as far as the law lets it be."""
