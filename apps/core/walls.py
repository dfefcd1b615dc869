"""Migration operations that put a table behind its organisation's wall (row-level security).

FORCE makes the wall hold for the table's owner too. The policy compares with a transaction-local setting that
`apps.core.organisation.acting_for` sets; where it is unset the comparison is with NULL and no row is seen.
"""

from django.db.migrations import RunSQL

_WALL = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY {table}_wall ON {table}
    USING (organisation_id = nullif(current_setting('pixelated.organisation', true), '')::uuid)
    WITH CHECK (organisation_id = nullif(current_setting('pixelated.organisation', true), '')::uuid);
"""
_OPEN = """
DROP POLICY {table}_wall ON {table};
ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""


class WallTable(RunSQL):
    """Walls `table`, which must have a column `organisation_id uuid`."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(sql=_WALL.format(table=table), reverse_sql=_OPEN.format(table=table))

    def deconstruct(self) -> tuple[str, list[object], dict[str, object]]:
        return self.__class__.__qualname__, [], {"table": self.table}

    def describe(self) -> str:
        return f"Wall {self.table} by organisation"
