"""The outbox and the feed are cut into partitions by functions of their owner.

Revision: 0004, after 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# `SET search_path` pins what the names mean whoever calls; pg_temp comes last, so no temporary table stands in for ours.
OPTIONS = """LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '1s'"""

# The partition without an upper end, its lower end and the table's next key. The next key is exact only while nobody
# can insert.
OPEN_PARTITION = f"""
CREATE FUNCTION open_partition(parent text, OUT name text, OUT lower_end text, OUT next_key bigint) {OPTIONS} AS $$
BEGIN
    SELECT c.relname, coalesce((regexp_match(b.bounds, $r$FROM \\('?(\\d+)$r$))[1], 'MINVALUE')
    INTO STRICT name, lower_end
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
         LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bounds) AS b
    WHERE i.inhparent = parent::regclass AND b.bounds LIKE '%TO (MAXVALUE)';
    IF parent = 'feed' THEN
        SELECT position + 1 INTO STRICT next_key FROM sequencer;
    ELSE
        EXECUTE format('SELECT last_value + is_called::int FROM %s', pg_get_serial_sequence('outbox', 'id'))
        INTO STRICT next_key;
    END IF;
END $$
"""

# A partition begins on the day of its first event. An empty one has not begun, so quiet days make no partitions.
IS_DUE = f"""
CREATE FUNCTION partition_is_due(parent text, name text, lower_end text, next_key bigint, largest bigint)
RETURNS boolean {OPTIONS} AS $$
DECLARE
    begun timestamptz;
BEGIN
    IF parent = 'feed' THEN
        EXECUTE format('SELECT o.time FROM (SELECT outbox_id FROM %I ORDER BY position LIMIT 1) AS f'
                       ' JOIN outbox o ON o.id = f.outbox_id', name) INTO begun;
    ELSE
        EXECUTE format('SELECT time FROM %I ORDER BY id LIMIT 1', name) INTO begun;
    END IF;
    RETURN begun IS NOT NULL
       AND ((begun AT TIME ZONE 'UTC')::date < (clock_timestamp() AT TIME ZONE 'UTC')::date
            OR next_key - coalesce(nullif(lower_end, 'MINVALUE')::bigint, 0) >= largest);
END $$
"""

# Nobody can hold an id that is drawn and not inserted while we hold ACCESS EXCLUSIVE on the outbox: the id is drawn
# by the INSERT itself (the column is GENERATED ALWAYS, its sequence caches nothing), and the INSERT took ROW EXCLUSIVE
# on the outbox before and keeps it until its transaction ends. So every id below the next one is committed or rolled
# back for ever, and the new partition begins exactly at the next one. Positions are given by whoever holds the
# sequencer's row: it is locked first, in the order of the sequencer itself. Attaching again looks at the rows of the
# closed partition once; `largest` bounds how many these are. One at a time: the tables have been looked at when their
# lock is asked for, and two who did both would wait for each other.
START = f"""
CREATE FUNCTION start_next_partition(parent text, largest bigint) RETURNS text {OPTIONS} AS $$
DECLARE
    closing record;
    fresh text;
    suffix text := '';
    tried int := 1;
BEGIN
    IF parent NOT IN ('outbox', 'feed') THEN
        RAISE EXCEPTION 'only the outbox and the feed have partitions' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock('outbox'::regclass::oid::int, 0) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO closing FROM open_partition(parent);
    IF NOT partition_is_due(parent, closing.name, closing.lower_end, closing.next_key, largest) THEN
        RETURN NULL;
    END IF;
    IF parent = 'feed' THEN
        PERFORM FROM sequencer FOR UPDATE;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent);
    SELECT * INTO closing FROM open_partition(parent);  -- only now the next key stands still
    LOOP
        fresh := parent || to_char(clock_timestamp() AT TIME ZONE 'UTC', '"_"YYYY"_"MM"_"DD') || suffix;
        EXIT WHEN to_regclass(quote_ident(fresh)) IS NULL;
        tried := tried + 1;
        suffix := '_' || tried;
    END LOOP;
    EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, closing.name);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                   parent, closing.name, closing.lower_end, closing.next_key);
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%s) TO (MAXVALUE)',
                   fresh, parent, closing.next_key);
    RETURN fresh;
END $$
"""

# Oldest first, and none after the first that stays, so what is kept has no hole. A closed partition does not change any
# more: its newest event is looked up without a lock.
DROP = f"""
CREATE FUNCTION drop_partitions_before(parent text, moment timestamptz, settled bigint) RETURNS text[] {OPTIONS} AS $$
DECLARE
    piece record;
    newest timestamptz;
    still_needed bigint;
    settled_floor bigint;
    highest bigint;
    gone text[] := '{{}}';
BEGIN
    IF parent NOT IN ('outbox', 'feed') THEN
        RAISE EXCEPTION 'only the outbox and the feed have partitions' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NOT pg_try_advisory_xact_lock('outbox'::regclass::oid::int, 0) THEN
        RETURN gone;
    END IF;
    -- Ids below the floor have their position or never get one; the floor only rises, so reading it once will do.
    SELECT floor INTO STRICT settled_floor FROM sequencer;
    IF parent = 'feed' THEN
        still_needed := coalesce(settled + 1, 9223372036854775807);
    ELSE
        SELECT least(settled_floor, min(outbox_id)) INTO still_needed FROM feed;
    END IF;
    FOR piece IN
        SELECT c.relname AS name, b.upper_end FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
            LATERAL (SELECT (regexp_match(pg_get_expr(c.relpartbound, c.oid), $r$TO \\('?(\\d+)$r$))[1]::bigint
                            AS upper_end) AS b
        WHERE i.inhparent = parent::regclass AND b.upper_end IS NOT NULL ORDER BY b.upper_end
    LOOP
        EXIT WHEN piece.upper_end > still_needed;
        IF parent = 'feed' THEN
            EXECUTE format('SELECT max(o.time), max(f.outbox_id) FROM %I f JOIN outbox o ON o.id = f.outbox_id',
                           piece.name) INTO newest, highest;
            -- A sequencer that starts anew looks from the floor on for rows that have no position.
            EXIT WHEN highest >= settled_floor;
        ELSE
            EXECUTE format('SELECT max(time) FROM %I', piece.name) INTO newest;
        END IF;
        EXIT WHEN newest >= moment;
        EXECUTE format('DROP TABLE %I', piece.name);
        gone := gone || piece.name;
    END LOOP;
    RETURN gone;
END $$
"""

INNER = ("open_partition(text)", "partition_is_due(text, text, text, bigint, bigint)")
CALLED = ("start_next_partition(text, bigint)", "drop_partitions_before(text, timestamptz, bigint)")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for function in (OPEN_PARTITION, IS_DUE, START, DROP):
        op.execute(function)
    for name in (*INNER, *CALLED):
        op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
    for name in CALLED:
        op.execute(f"""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ecif_app') THEN
                GRANT EXECUTE ON FUNCTION {name} TO ecif_app;
            END IF;
        END $$
        """)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name in (*CALLED, *INNER):
        op.execute(f"DROP FUNCTION {name}")
