"""Running the service: embedded server, migrations, backups, replicas, pooler, shards, monitoring."""
