-- The recorded past of the clusters: what was there, from when until when, and its manifest once per content.

CREATE TABLE inventory_cluster (
  cluster     text           PRIMARY KEY,
  incarnation text           NOT NULL,
  writer      uuid           NOT NULL,
  recorded_at timestamptz(3) NOT NULL
);

-- The canonical manifest, zstd-compressed, by the SHA-256 of its text.
CREATE TABLE inventory_body (
  hash        bytea          PRIMARY KEY CHECK (length(hash) = 32),
  zstd        bytea          NOT NULL,
  redacted    boolean        NOT NULL,
  recorded_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE inventory_revision (
  id               bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster          text           NOT NULL,
  incarnation      text           NOT NULL,
  uid              text           NOT NULL,
  api_group        text           NOT NULL,
  kind             text           NOT NULL,
  namespace        text           NOT NULL,
  name             text           NOT NULL,
  resource_version text           NOT NULL,
  hash             bytea          REFERENCES inventory_body (hash),
  mark             text           NOT NULL,
  slim             jsonb          NOT NULL,
  what             text           NOT NULL CHECK (what IN ('created', 'changed', 'deletion-started')),
  written_by       text,
  -- Server time where the object tells it, else when it was seen.
  changed_at       timestamptz(3) NOT NULL,
  -- Set when nobody was recording: the change lies between this instant and valid_from.
  after_at         timestamptz(3),
  valid_from       timestamptz(3) NOT NULL,
  valid_to         timestamptz(3),
  deleted_at       timestamptz(3),
  deleted_after    timestamptz(3),
  CHECK (deleted_at IS NULL OR valid_to IS NOT NULL)
);
CREATE UNIQUE INDEX inventory_revision_open ON inventory_revision (cluster, uid) WHERE valid_to IS NULL;
CREATE INDEX inventory_revision_cluster_uid_id_idx ON inventory_revision (cluster, uid, id);
CREATE INDEX inventory_revision_cluster_valid_from_idx ON inventory_revision (cluster, valid_from);
CREATE INDEX inventory_revision_cluster_kind_namespace_name_idx ON inventory_revision (cluster, kind, namespace, name, valid_from);
CREATE INDEX inventory_revision_cluster_changed_at_idx ON inventory_revision (cluster, changed_at);
CREATE INDEX inventory_revision_gone ON inventory_revision (cluster, deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE inventory_event (
  id      bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster text           NOT NULL,
  key     text           NOT NULL,
  at      timestamptz(3) NOT NULL,
  event   jsonb          NOT NULL
);
CREATE UNIQUE INDEX inventory_event_cluster_key_key ON inventory_event (cluster, key);
CREATE INDEX inventory_event_cluster_at_idx ON inventory_event (cluster, at);

-- What could not be recorded, said openly.
CREATE TABLE inventory_gap (
  id      bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  cluster text           NOT NULL,
  from_at timestamptz(3) NOT NULL,
  to_at   timestamptz(3) NOT NULL,
  lost    integer        NOT NULL,
  why     text           NOT NULL
);
CREATE INDEX inventory_gap_cluster_from_at_idx ON inventory_gap (cluster, from_at);

-- The key of the short HMACs that stand where secrets were taken out.
CREATE TABLE inventory_key (
  id  boolean PRIMARY KEY DEFAULT true CHECK (id),
  key bytea   NOT NULL CHECK (length(key) = 32)
);
