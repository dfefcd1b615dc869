"""Walls, and what Django's constraints cannot say: a turn's parent lies in its own encounter, closed turns stay."""

from django.db import migrations

from apps.core.walls import WallTable

PARENT = """
ALTER TABLE encounters_turn ADD CONSTRAINT turn_parent_in_its_encounter
    FOREIGN KEY (encounter_id, parent_id) REFERENCES encounters_turn (encounter_id, id);
"""
NO_PARENT = "ALTER TABLE encounters_turn DROP CONSTRAINT turn_parent_in_its_encounter;"

CLOSED = """
CREATE FUNCTION encounters_turn_stays_closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a closed turn keeps its status' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER turn_stays_closed BEFORE UPDATE OF status ON encounters_turn
    FOR EACH ROW WHEN (OLD.status <> 'OPEN' AND NEW.status <> OLD.status)
    EXECUTE FUNCTION encounters_turn_stays_closed();
"""
NOT_CLOSED = """
DROP TRIGGER turn_stays_closed ON encounters_turn;
DROP FUNCTION encounters_turn_stays_closed();
"""


class Migration(migrations.Migration):
    dependencies = [("encounters", "0001_initial")]
    operations = [
        *[WallTable(f"encounters_{table}") for table in ("encounter", "turn", "segment", "utterance", "event")],
        migrations.RunSQL(PARENT, NO_PARENT),
        migrations.RunSQL(CLOSED, NOT_CLOSED),
    ]
