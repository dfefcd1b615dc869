"""The log's schema, its one way in and its guards.

    pixelated_audit   owns all of it; nobody logs in as it
    pixelated_app     reads entries of the organisation it acts for; may call audit.append; nothing else
    pixelated_owner   reads everything, to verify the whole log; nothing else without becoming pixelated_audit

The triggers are ENABLE ALWAYS: others are passed over under session_replication_role. A superuser can still disable them;
the chain shows what was then changed. There is no way back: dropping a log is not a migration.
"""

from django.db import migrations, models

SCHEMA = """
CREATE SCHEMA audit AUTHORIZATION pixelated_audit;
SET LOCAL ROLE pixelated_audit;
REVOKE ALL ON SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO pixelated_app, pixelated_owner;

CREATE TABLE audit.entry (
    seq bigint PRIMARY KEY CHECK (seq > 0),
    at timestamptz NOT NULL,
    organisation_id uuid,
    body bytea NOT NULL CHECK (octet_length(body) <= 65536),
    prev bytea NOT NULL CHECK (octet_length(prev) = 32),
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX entry_by_organisation ON audit.entry (organisation_id, seq);

-- One row. Its free space lets each append update it in place.
CREATE TABLE audit.head (
    sole boolean PRIMARY KEY DEFAULT true CHECK (sole),
    seq bigint NOT NULL,
    hash bytea NOT NULL
) WITH (fillfactor = 10);
INSERT INTO audit.head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

GRANT SELECT ON audit.entry TO pixelated_app;
GRANT SELECT ON audit.entry, audit.head TO pixelated_owner;
"""

WALL = """
ALTER TABLE audit.entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.entry FORCE ROW LEVEL SECURITY;
CREATE POLICY own_organisation ON audit.entry FOR SELECT TO pixelated_app
    USING (organisation_id = nullif(current_setting('pixelated.organisation', true), '')::uuid);
CREATE POLICY whole_log ON audit.entry FOR SELECT TO pixelated_owner, pixelated_audit USING (true);
CREATE POLICY way_in ON audit.entry FOR INSERT TO pixelated_audit WITH CHECK (true);
"""

APPEND = r"""
-- Locks the head until the transaction ends. The columns come out of the body, so that they cannot say otherwise;
-- what the verifier could not read is refused here.
CREATE FUNCTION audit.append(body bytea, organisation uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = audit, pg_temp
    SET lock_timeout = '2s'
AS $$
DECLARE
    said jsonb := convert_from(body, 'UTF8')::jsonb;
    last audit.head%ROWTYPE;
    number bigint;
    sum bytea;
BEGIN
    IF jsonb_typeof(said) <> 'object' OR NOT said ? 'organisation'
        OR said ->> 'organisation' IS DISTINCT FROM organisation::text THEN
        RAISE EXCEPTION 'the body is about another organisation' USING ERRCODE = 'check_violation';
    END IF;
    IF (said ->> 'at' ~ '^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z$') IS NOT TRUE THEN
        RAISE EXCEPTION 'the body''s time is not written as it must be' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO STRICT last FROM audit.head FOR UPDATE;
    number := last.seq + 1;
    sum := sha256(last.hash || int8send(number) || body);
    INSERT INTO audit.entry (seq, at, organisation_id, body, prev, hash)
        VALUES (number, (said ->> 'at')::timestamptz, organisation, body, last.hash, sum);
    UPDATE audit.head SET seq = number, hash = sum;
    RETURN number;
END
$$;
REVOKE ALL ON FUNCTION audit.append(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.append(bytea, uuid) TO pixelated_app;
"""

GUARDS = """
CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'audit.% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION audit.follow() RETURNS trigger LANGUAGE plpgsql SET search_path = audit, pg_temp AS $$
BEGIN
    IF NEW.seq <> OLD.seq + 1 OR NOT EXISTS (
        SELECT FROM audit.entry WHERE seq = NEW.seq AND prev = OLD.hash AND hash = NEW.hash
    ) THEN
        RAISE EXCEPTION 'audit.head moves to the next entry only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

REVOKE ALL ON FUNCTION audit.refuse(), audit.follow() FROM PUBLIC;

CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON audit.entry
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON audit.entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER head_follows BEFORE UPDATE ON audit.head
    FOR EACH ROW EXECUTE FUNCTION audit.follow();
CREATE TRIGGER head_stays BEFORE INSERT OR DELETE ON audit.head
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER head_is_not_cleared BEFORE TRUNCATE ON audit.head
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
ALTER TABLE audit.entry ENABLE ALWAYS TRIGGER entry_stays;
ALTER TABLE audit.entry ENABLE ALWAYS TRIGGER entries_stay;
ALTER TABLE audit.head ENABLE ALWAYS TRIGGER head_follows;
ALTER TABLE audit.head ENABLE ALWAYS TRIGGER head_stays;
ALTER TABLE audit.head ENABLE ALWAYS TRIGGER head_is_not_cleared;
RESET ROLE;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(SCHEMA),
        migrations.RunSQL(WALL),
        migrations.RunSQL(APPEND),
        migrations.RunSQL(GUARDS),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("organisation_id", models.UUIDField(null=True)),
                ("body", models.BinaryField()),
                ("prev", models.BinaryField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "verbose_name_plural": "entries",
                "db_table": '"audit"."entry"',
                "ordering": ["seq"],
                "managed": False,
            },
        ),
    ]
