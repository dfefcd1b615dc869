"""The database roles and what each may do, as SQL that an operator can read and run. Holds no password.

    pixelated_owner   migrates; owns the databases and their tables; no superuser
    pixelated_app     web and Celery; owns nothing, cannot pass row level security, reads and writes rows
    pixelated_audit   nobody logs in as it; owns the schema `audit`; the owner becomes it by SET ROLE only

Every statement can be run again without effect.
"""

from psycopg import sql

OWNER = "pixelated_owner"
APP = "pixelated_app"
AUDIT = "pixelated_audit"
DATABASE = "pixelated"


def _role(name: str, attributes: str) -> str:
    return (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '{name}')"
        f" THEN CREATE ROLE {name}; END IF; END $$;\n"
        f"ALTER ROLE {name} WITH {attributes};"
    )


def role_statements() -> tuple[str, ...]:
    """For the whole cluster, as a superuser."""
    never = "NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"
    return (
        _role(OWNER, f"LOGIN CREATEDB {never}"),
        _role(APP, f"LOGIN NOCREATEDB {never}"),
        _role(AUDIT, f"NOLOGIN NOCREATEDB {never}"),
        f"GRANT {AUDIT} TO {OWNER} WITH INHERIT FALSE, SET TRUE;",
    )


def schema_statements() -> tuple[str, ...]:
    """Inside each database (and in template1, so that databases made later have it), as a superuser."""
    by_default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT"
    return (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC;",
        f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER};",
        f"GRANT USAGE ON SCHEMA public TO {APP};",
        f"{by_default} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP};",
        f"{by_default} USAGE, SELECT ON SEQUENCES TO {APP};",
    )


def database_statements(name: str) -> tuple[str, ...]:
    """About a database that is there, as a superuser or as its owner."""
    database = sql.Identifier(name).as_string(None)
    return (
        f"ALTER DATABASE {database} OWNER TO {OWNER};",
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {database} TO {APP};",
        f"GRANT CONNECT, CREATE, TEMPORARY ON DATABASE {database} TO {OWNER};",
        f"GRANT CREATE ON DATABASE {database} TO {AUDIT};",
    )


def script_for_operators() -> str:
    """What to run with psql, as a superuser, on a PostgreSQL of your own. psql asks for the passwords."""
    lines = [
        "-- psql -v ON_ERROR_STOP=1 -f roles.sql   (as a superuser; PostgreSQL 16 or later)",
        *role_statements(),
        f"\\password {OWNER}",
        f"\\password {APP}",
        f"SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER}'"
        f" WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = '{DATABASE}') \\gexec",
        *database_statements(DATABASE),
        f"\\connect {DATABASE}",
        *schema_statements(),
    ]
    return "\n".join(lines) + "\n"
