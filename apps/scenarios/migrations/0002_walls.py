"""Walls, and the guard that keeps a version as it was."""

from django.db import migrations

from apps.core.walls import WallTable

FROZEN = """
CREATE FUNCTION scenarios_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a scenario version never changes' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER version_stays BEFORE UPDATE ON scenarios_scenarioversion
    FOR EACH ROW EXECUTE FUNCTION scenarios_version_stays();
"""
THAWED = """
DROP TRIGGER version_stays ON scenarios_scenarioversion;
DROP FUNCTION scenarios_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("scenarios", "0001_initial")]
    operations = [
        WallTable("scenarios_scenario"),
        WallTable("scenarios_scenarioversion"),
        migrations.RunSQL(FROZEN, THAWED),
    ]
