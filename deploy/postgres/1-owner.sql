-- Run once, as the superuser, when the folder of data is empty. The password comes from a file.
\set owner_password `cat /run/secrets/owner_password`
CREATE ROLE dentalization_owner LOGIN CREATEROLE BYPASSRLS REPLICATION PASSWORD :'owner_password';
GRANT pg_monitor TO dentalization_owner WITH ADMIN OPTION;
CREATE DATABASE dentalization OWNER dentalization_owner ENCODING 'UTF8' TEMPLATE template0;
\connect dentalization
CREATE EXTENSION pg_stat_statements;
