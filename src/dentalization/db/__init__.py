"""How a statement reaches PostgreSQL: ids, identity, typed queries, transactions, pages, replicas."""
