-- What an API server's own audit says of the writes that succeeded, for proof of who did it.
CREATE TABLE inventory_audit (
  id      bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster text           NOT NULL,
  key     text           NOT NULL,
  at      timestamptz(3) NOT NULL,
  line    jsonb          NOT NULL
);
CREATE UNIQUE INDEX inventory_audit_cluster_key_key ON inventory_audit (cluster, key);
CREATE INDEX inventory_audit_cluster_at_idx ON inventory_audit (cluster, at);

-- A baseline that was imported: what its file held and what it cannot know. Null for a pinned moment.
ALTER TABLE baseline ADD COLUMN imported jsonb;
CREATE UNIQUE INDEX baseline_imported_moment ON baseline (cluster, at) WHERE imported IS NOT NULL;

-- Objects of an imported baseline stand at its instant, apart from what was recorded.
ALTER TABLE inventory_revision ADD COLUMN imported text REFERENCES baseline (id) ON DELETE CASCADE;
CREATE INDEX inventory_revision_imported ON inventory_revision (imported) WHERE imported IS NOT NULL;

-- Bodies that no revision needs any more are looked for by this.
CREATE INDEX inventory_revision_hash_idx ON inventory_revision (hash);
