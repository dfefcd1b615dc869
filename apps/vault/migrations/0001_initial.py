"""Wrapped keys behind their organisation's wall. The application never deletes one: shredding keeps the row."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models

from apps.core.walls import WallTable


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='TenantKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation_id', models.UUIDField()),
                ('version', models.PositiveIntegerField(default=1)),
                ('min_decrypt_version', models.PositiveIntegerField(default=1)),
                ('wrapped', models.BinaryField()),
                ('root_provider', models.CharField(max_length=40)),
                ('root_version', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organisation_id', 'version'), name='tenant_key_version_once'), models.CheckConstraint(condition=models.Q(('min_decrypt_version__gte', 1), ('min_decrypt_version__lte', models.F('version'))), name='tenant_key_min_version_in_range')],
            },
        ),
        migrations.CreateModel(
            name='DataKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('organisation_id', models.UUIDField()),
                ('purpose', models.CharField(max_length=40)),
                ('subject_id', models.UUIDField()),
                ('wrapped', models.BinaryField(null=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('shredded_at', models.DateTimeField(null=True)),
                ('held_at', models.DateTimeField(help_text='Legal hold since; shredding is refused', null=True)),
                ('tenant_key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='data_keys', to='vault.tenantkey')),
            ],
            options={
                'indexes': [models.Index(fields=['organisation_id', 'purpose', 'subject_id'], name='data_key_by_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('shredded_at__isnull', False), ('wrapped__isnull', True)), models.Q(('shredded_at__isnull', True), ('wrapped__isnull', False)), _connector='OR'), name='data_key_shredded_or_whole'), models.CheckConstraint(condition=models.Q(('held_at__isnull', True), ('shredded_at__isnull', True), _connector='OR'), name='data_key_held_is_whole')],
            },
        ),
        WallTable("vault_tenantkey"),
        WallTable("vault_datakey"),
        migrations.RunSQL(
            "REVOKE DELETE ON vault_tenantkey, vault_datakey FROM pixelated_app",
            "GRANT DELETE ON vault_tenantkey, vault_datakey TO pixelated_app",
        ),
    ]
