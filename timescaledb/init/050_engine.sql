-- Makes the role that the engines write with: no superuser, and in this database the schema public and what it makes there. The container
-- of the database runs this once, when it makes its data folder; later, and on another server, as an administrator:
-- QUANTSTREAM_ENGINE_PASSWORD=… psql DATABASE -f 050_engine.sql, and then 100_grafana_reader.sql
-- Running it again sets the password anew, and hands over the tables of the engine that others own: after a restore, say.
\set ON_ERROR_STOP on
\set password ''
\getenv password QUANTSTREAM_ENGINE_PASSWORD
SELECT :'password' = '' AS absent \gset
\if :absent
  \warn 'QUANTSTREAM_ENGINE_PASSWORD is not set: no role for the engines is made'
  \quit
\endif

BEGIN;
SELECT 'CREATE ROLE quantstream_engine' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'quantstream_engine')
\gexec
ALTER ROLE quantstream_engine LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 20 PASSWORD :'password';

SELECT format('GRANT CONNECT ON DATABASE %I TO quantstream_engine', current_database())
\gexec
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO quantstream_engine;

-- Tables of the sink say whose row it is; whatever else is in this schema stays with its owner.
SELECT format('ALTER TABLE public.%I OWNER TO quantstream_engine', relname)
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relowner <> 'quantstream_engine'::regrole
  AND 2 = (SELECT count(*) FROM pg_attribute WHERE attrelid = pg_class.oid AND attname IN ('pipeline', 'key') AND NOT attisdropped)
\gexec
COMMIT;
