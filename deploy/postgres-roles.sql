-- The two roles of production: ecif_owner migrates, ecif_app works.
--
-- The app may not alter anything, and into the trails (outbox, feed, audit, versions) it may only insert.
-- Run it as a superuser in the database of the service, before the first migration and after every one:
--
--   psql -v ON_ERROR_STOP=1 -v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" \
--        -d ecif -f deploy/postgres-roles.sql
--
-- It may be run again at any time; a password that is not given stays as it is.

\if :{?owner_password} \else \set owner_password '' \endif
\if :{?app_password} \else \set app_password '' \endif

SELECT 'CREATE ROLE ecif_owner LOGIN NOSUPERUSER NOBYPASSRLS'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecif_owner') \gexec
SELECT 'CREATE ROLE ecif_app LOGIN NOSUPERUSER NOBYPASSRLS'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecif_app') \gexec
SELECT format('ALTER ROLE ecif_owner PASSWORD %L', :'owner_password') WHERE :'owner_password' <> '' \gexec
SELECT format('ALTER ROLE ecif_app PASSWORD %L', :'app_password') WHERE :'app_password' <> '' \gexec

SELECT format('ALTER DATABASE %I OWNER TO ecif_owner', current_database()) \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO ecif_app', current_database()) \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO ecif_owner;
GRANT USAGE ON SCHEMA public TO ecif_app;

-- A new table begins with the least: changing and deleting are given below, table by table.
ALTER DEFAULT PRIVILEGES FOR ROLE ecif_owner IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO ecif_app;
ALTER DEFAULT PRIVILEGES FOR ROLE ecif_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO ecif_app;
ALTER DEFAULT PRIVILEGES FOR ROLE ecif_owner IN SCHEMA public REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ecif_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO ecif_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ecif_app;

SELECT format('GRANT UPDATE, DELETE ON %I TO ecif_app', relname)
FROM pg_class
WHERE relnamespace = 'public'::regnamespace
  AND relkind IN ('r', 'p')
  AND NOT relispartition
  AND relname NOT IN ('outbox', 'feed', 'audit_entry', 'alembic_version')
  AND relname NOT LIKE '%\_version' \gexec

-- Which migrations ran is told by the owner alone.
SELECT 'REVOKE INSERT ON alembic_version FROM ecif_app'
WHERE to_regclass('public.alembic_version') IS NOT NULL \gexec
