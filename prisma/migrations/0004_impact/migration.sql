CREATE TABLE "incident" (
  "id" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "cluster" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "t0" TIMESTAMPTZ(3) NOT NULL,
  "t0_by" TEXT,
  "lead" TEXT,
  "opened_at" TIMESTAMPTZ(3) NOT NULL,
  "closed_at" TIMESTAMPTZ(3),
  "signals" TEXT[] NOT NULL DEFAULT '{}',
  CONSTRAINT "incident_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "incident_kind" CHECK ("kind" IN ('incident', 'drill', 'tabletop'))
);
CREATE INDEX "incident_opened_at" ON "incident" ("opened_at");
-- Signals of one cluster join the incident that is open there.
CREATE UNIQUE INDEX "incident_open_on_cluster" ON "incident" ("cluster") WHERE "closed_at" IS NULL AND "kind" <> 'tabletop';

CREATE TABLE "incident_note" (
  "id" TEXT NOT NULL,
  "incident" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "written_at" TIMESTAMPTZ(3) NOT NULL,
  "by" TEXT NOT NULL,
  "text" TEXT NOT NULL,
  CONSTRAINT "incident_note_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "incident_note_incident_fkey" FOREIGN KEY ("incident") REFERENCES "incident" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "incident_note_incident" ON "incident_note" ("incident", "at");

CREATE TABLE "signal" (
  "id" TEXT NOT NULL,
  "cluster" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "scope" TEXT NOT NULL,
  "severity" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  "opened_at" TIMESTAMPTZ(3) NOT NULL,
  "closed_at" TIMESTAMPTZ(3),
  "acknowledged_by" TEXT,
  "acknowledged_at" TIMESTAMPTZ(3),
  "evidence" JSONB NOT NULL,
  "causes" JSONB NOT NULL,
  "incident" TEXT,
  CONSTRAINT "signal_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "signal_severity" CHECK ("severity" IN ('critical', 'warning')),
  CONSTRAINT "signal_incident_fkey" FOREIGN KEY ("incident") REFERENCES "incident" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);
-- One open per cluster, kind and scope, whichever replica saw it first.
CREATE UNIQUE INDEX "signal_open" ON "signal" ("cluster", "kind", "scope") WHERE "closed_at" IS NULL;
CREATE INDEX "signal_opened_at" ON "signal" ("opened_at");

CREATE TABLE "service_memory" (
  "cluster" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "members" JSONB NOT NULL,
  CONSTRAINT "service_memory_pkey" PRIMARY KEY ("cluster", "service")
);

CREATE TABLE "cluster_memory" (
  "cluster" TEXT NOT NULL,
  "incarnation" TEXT NOT NULL,
  "instances" JSONB NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "cluster_memory_pkey" PRIMARY KEY ("cluster")
);

CREATE TABLE "accepted_removal" (
  "cluster" TEXT NOT NULL,
  "service" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "by" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  CONSTRAINT "accepted_removal_pkey" PRIMARY KEY ("cluster", "service")
);

CREATE TABLE "baseline" (
  "id" TEXT NOT NULL,
  "cluster" TEXT NOT NULL,
  "label" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "pinned_at" TIMESTAMPTZ(3) NOT NULL,
  "pinned_by" TEXT NOT NULL,
  CONSTRAINT "baseline_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "baseline_cluster" ON "baseline" ("cluster", "at");
