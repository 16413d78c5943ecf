-- The audit chain. docs/audit.md tells the format; docs/audit-vectors.json holds known answers.

CREATE TABLE audit_entry (
  seq            bigint         PRIMARY KEY CHECK (seq > 0),
  stream         text           NOT NULL,
  stream_version integer        NOT NULL CHECK (stream_version > 0),
  at             timestamptz(6) NOT NULL,
  actor_kind     text           NOT NULL,
  actor_id       text           NOT NULL,
  kind           text           NOT NULL,
  body           text           NOT NULL,
  prev           bytea          NOT NULL CHECK (length(prev) = 32),
  hash           bytea          NOT NULL CHECK (length(hash) = 32)
);
CREATE UNIQUE INDEX audit_entry_hash_key ON audit_entry (hash);
CREATE UNIQUE INDEX audit_entry_stream_stream_version_key ON audit_entry (stream, stream_version);
CREATE INDEX audit_entry_at_idx ON audit_entry (at);
CREATE INDEX audit_entry_actor_id_seq_idx ON audit_entry (actor_id, seq);
CREATE INDEX audit_entry_kind_seq_idx ON audit_entry (kind, seq);

CREATE TABLE audit_head (
  id   boolean        PRIMARY KEY DEFAULT true CHECK (id),
  seq  bigint         NOT NULL,
  at   timestamptz(6) NOT NULL,
  hash bytea          NOT NULL CHECK (length(hash) = 32)
);
INSERT INTO audit_head (seq, at, hash) VALUES (0, 'epoch', decode(repeat('00', 32), 'hex'));

CREATE TABLE signed_head (
  seq        bigint         PRIMARY KEY,
  at         timestamptz(6) NOT NULL,
  hash       bytea          NOT NULL,
  signed_at  timestamptz(3) NOT NULL,
  signature  bytea          NOT NULL,
  public_key bytea          NOT NULL
);

-- Names of people stand here and never in the chain: erasing a row leaves the chain valid.
CREATE TABLE audit_person (
  actor_id text           PRIMARY KEY,
  name     text           NOT NULL,
  seen_at  timestamptz(3) NOT NULL
);

-- Other personal data (addresses, host names), known to the chain by a salted hash.
CREATE TABLE audit_personal (
  ref         text           PRIMARY KEY,
  salt        bytea          NOT NULL,
  value       text           NOT NULL,
  recorded_at timestamptz(3) NOT NULL
);

-- sha256(prev, seq, at, sha256(body)): seq as 8 bytes, at as microseconds since 1970 in 8 bytes, both big-endian.
CREATE FUNCTION audit_hash(prev bytea, seq bigint, at timestamptz, body text) RETURNS bytea
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN sha256(prev || int8send(seq) || int8send((extract(epoch FROM at) * 1000000)::bigint) || sha256(convert_to(body, 'UTF8')));

-- The last statement before COMMIT: from here on the head is locked, and every other writer waits.
-- p_expected is the stream's version the writer has seen; NULL appends whatever it is.
CREATE FUNCTION append_audit(p_stream text, p_expected integer, p_bodies text[]) RETURNS SETOF audit_entry
  LANGUAGE plpgsql AS $$
DECLARE
  head    audit_head%ROWTYPE;
  version integer;
  entry   audit_entry%ROWTYPE;
  parsed  jsonb;
  text_of text;
BEGIN
  SELECT * INTO STRICT head FROM audit_head FOR UPDATE;
  SELECT coalesce(max(e.stream_version), 0) INTO version FROM audit_entry e WHERE e.stream = p_stream;
  IF p_expected IS NOT NULL AND p_expected <> version THEN
    RAISE EXCEPTION 'stream % is at version %, not %', p_stream, version, p_expected USING ERRCODE = 'BS409', DETAIL = version::text;
  END IF;
  FOREACH text_of IN ARRAY p_bodies LOOP
    parsed := text_of::jsonb;
    IF parsed ->> 'stream' IS DISTINCT FROM p_stream OR (parsed ->> 'v') IS NULL THEN
      RAISE EXCEPTION 'a body of another stream or without a format version' USING ERRCODE = 'BS400';
    END IF;
    version := version + 1;
    entry.seq := head.seq + 1;
    entry.at := greatest(clock_timestamp(), head.at + interval '1 microsecond');
    entry.stream := p_stream;
    entry.stream_version := version;
    entry.actor_kind := parsed #>> '{actor,kind}';
    entry.actor_id := parsed #>> '{actor,id}';
    entry.kind := parsed ->> 'kind';
    entry.body := text_of;
    entry.prev := head.hash;
    entry.hash := audit_hash(head.hash, entry.seq, entry.at, text_of);
    INSERT INTO audit_entry SELECT entry.*;
    head.seq := entry.seq;
    head.at := entry.at;
    head.hash := entry.hash;
    RETURN NEXT entry;
  END LOOP;
  UPDATE audit_head h SET seq = head.seq, at = head.at, hash = head.hash;
  PERFORM pg_notify('blackstart_audit', json_build_object('stream', p_stream, 'version', version, 'seq', head.seq)::text);
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger
  LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'BS403';
END $$;

CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER signed_head_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signed_head
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
