"""Walls what people agreed to. The other tables of this app stand outside: sign-in reads them before anyone acts."""

from django.db import migrations

from apps.core.walls import WallTable


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_remote_engine")]
    operations = [WallTable("accounts_remoteconsent")]
