"""What a rebuild of the measures is made of; `commands/rebuild.py` puts it together."""

SCHEMA = "rebuild"
"""Where the new tables are made; their names are those of the live ones."""

REPLACED = "replaced"
"""Where the old tables wait to be dropped once the new ones are live."""
