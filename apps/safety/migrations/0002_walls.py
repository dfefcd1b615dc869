"""Walls what safety records, and what Django's constraints cannot say: a flag's turn lies in its encounter."""

from django.db import migrations

from apps.core.walls import WallTable


TURN = """
ALTER TABLE safety_flag ADD CONSTRAINT flag_turn_in_its_encounter
    FOREIGN KEY (encounter_id, turn_id) REFERENCES encounters_turn (encounter_id, id);
"""
NO_TURN = "ALTER TABLE safety_flag DROP CONSTRAINT flag_turn_in_its_encounter;"


class Migration(migrations.Migration):
    dependencies = [("safety", "0001_initial")]
    operations = [WallTable("safety_flag"), migrations.RunSQL(TURN, NO_TURN)]
