-- Makes the role that the dashboards read with. The container of the database runs this once, when it makes its data folder;
-- on another server: GRAFANA_READER_PASSWORD=… psql DATABASE -f 100_grafana_reader.sql (as an administrator, or as the user that the engine
-- writes with).
-- Running it again sets the password anew.
\set ON_ERROR_STOP on
\set password ''
\getenv password GRAFANA_READER_PASSWORD
SELECT :'password' = '' AS absent \gset
\if :absent
  \warn 'GRAFANA_READER_PASSWORD is not set: no role for the dashboards is made'
  \quit
\endif

BEGIN;
SELECT 'CREATE ROLE grafana_reader' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'grafana_reader')
\gexec
ALTER ROLE grafana_reader LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION CONNECTION LIMIT 20 PASSWORD :'password';
-- A dashboard that asks for too much must not hold up the engine.
ALTER ROLE grafana_reader SET statement_timeout = '30s';
ALTER ROLE grafana_reader SET default_transaction_read_only = on;

SELECT format('GRANT CONNECT ON DATABASE %I TO grafana_reader', current_database())
\gexec
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO grafana_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO grafana_reader;
-- The engine makes its tables later: as the role of 050_engine.sql, or as the user that runs this.
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT SELECT ON TABLES TO grafana_reader', rolname)
FROM pg_roles WHERE rolname IN (current_user, 'quantstream_engine') AND pg_has_role(oid, 'USAGE')
\gexec
COMMIT;
