"""Walls what practice records."""

from django.db import migrations

from apps.core.walls import WallTable


class Migration(migrations.Migration):
    dependencies = [("practice", "0001_initial")]
    operations = [WallTable("practice_reaction")]
