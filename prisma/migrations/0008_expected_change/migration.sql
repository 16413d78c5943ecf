CREATE TABLE "planned_change" (
  "id" TEXT NOT NULL,
  "clusters" TEXT[] NOT NULL,
  "title" TEXT NOT NULL,
  "ticket" TEXT NOT NULL,
  "selector" JSONB NOT NULL,
  "effects" TEXT[] NOT NULL,
  "max_objects" INTEGER NOT NULL,
  "from" TIMESTAMPTZ(3) NOT NULL,
  "to" TIMESTAMPTZ(3) NOT NULL,
  "planned_at" TIMESTAMPTZ(3) NOT NULL,
  "planned_by" TEXT NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  "ended_by" TEXT,
  CONSTRAINT "planned_change_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "planned_change_effects" CHECK ("effects" <@ ARRAY['delete', 'restart', 'scale', 'unreachable'] AND cardinality("effects") > 0),
  CONSTRAINT "planned_change_clusters" CHECK (cardinality("clusters") > 0),
  -- Whatever the door forgets: nobody may stop looking for longer than a working day.
  CONSTRAINT "planned_change_length" CHECK ("to" > "from" AND "to" <= "from" + interval '12 hours')
);
CREATE INDEX "planned_change_to" ON "planned_change" ("to");

CREATE TABLE "planned_change_object" (
  "change" TEXT NOT NULL,
  "cluster" TEXT NOT NULL,
  "uid" TEXT NOT NULL,
  "effect" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "namespace" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "planned_change_object_pkey" PRIMARY KEY ("change", "cluster", "uid", "effect"),
  CONSTRAINT "planned_change_object_change_fkey" FOREIGN KEY ("change") REFERENCES "planned_change" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- A removal that accepts itself waits until "due_at"; one that is accepted has none.
ALTER TABLE "accepted_removal" ADD COLUMN "due_at" TIMESTAMPTZ(3);

ALTER TABLE "signal" ADD COLUMN "paging" TEXT NOT NULL DEFAULT 'pages', ADD COLUMN "paging_reason" TEXT NOT NULL DEFAULT '';
ALTER TABLE "signal" ADD CONSTRAINT "signal_paging" CHECK ("paging" IN ('pages', 'would-have-paged', 'silent'));

-- When the cluster was first watched: its first week runs in shadow.
ALTER TABLE "cluster_memory" ADD COLUMN "since" TIMESTAMPTZ(3);
UPDATE "cluster_memory" SET "since" = "at";

-- Applications that do not come and go by themselves, to see a slow shrink.
ALTER TABLE "impact_minute" ADD COLUMN "applications" INTEGER;
