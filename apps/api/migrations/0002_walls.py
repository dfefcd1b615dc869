"""Keys, batches and deliveries stand behind their organisation's wall."""

from django.db import migrations

from apps.core.walls import WallTable


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]
    operations = [WallTable(f"api_{table}") for table in ("apikey", "batch", "delivery", "attempt")]
