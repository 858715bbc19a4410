"""Copies one ticket in the engine's database file: grow.py FILE TABLE TICKET MILLIS FROM TO

Each copy has its own id, which sorts after the previous one, and times that are
one millisecond later. All times of the template ticket are MILLIS.
"""
import os
import sqlite3
import sys

file, table, ticket, millis, first, last = sys.argv[1:]
first, last = int(first), int(last)
db = sqlite3.connect(file, timeout=60, isolation_level=None)
db.execute("PRAGMA synchronous = OFF")
db.execute("PRAGMA cache_size = -400000")
db.execute("PRAGMA wal_autocheckpoint = 100000")  # pages; most are written once
tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND (name = ? OR name GLOB ? || '::gsi::*')", (table, table))]


def copy(name, low, high):
    """Inserts the copies [low, high) of the template's rows in one table."""
    columns = [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]
    owner = "pk" if name == table else "table_pk"
    mapped = [
        f"replace(replace({c}, :ticket, substr(:ticket, 1, 16) || printf('%010d', i)), :millis, :millis + i)"
        if c in ("pk", "table_pk", "gsi_pk", "gsi_sk", "item_json") else c
        for c in columns
    ]
    db.execute(
        f'WITH RECURSIVE copies(i) AS (SELECT :low UNION ALL SELECT i + 1 FROM copies WHERE i + 1 < :high) '
        f'INSERT INTO "{name}" ({", ".join(columns)}) '
        f'SELECT {", ".join(mapped)} FROM copies CROSS JOIN (SELECT * FROM "{name}" WHERE {owner} = \'S:T#\' || :ticket)',
        {"ticket": ticket, "millis": millis, "low": low, "high": high},
    )


for low in range(first, last, 5000):
    db.execute("BEGIN IMMEDIATE")
    for name in tables:
        copy(name, low, min(low + 5000, last))
    db.execute("COMMIT")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
os.fsync(os.open(file, os.O_RDWR))  # what is measured next shall not wait for it
