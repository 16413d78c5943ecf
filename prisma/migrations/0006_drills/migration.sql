CREATE TABLE "drill" (
  "id" UUID NOT NULL,
  "number" SERIAL NOT NULL,
  "scenario" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "runbook" TEXT NOT NULL,
  "cluster" TEXT NOT NULL,
  "own_sandbox" BOOLEAN NOT NULL,
  "speed" TEXT NOT NULL,
  "fill" TEXT NOT NULL,
  "started_by" TEXT NOT NULL,
  "stage" TEXT NOT NULL,
  "note" TEXT NOT NULL DEFAULT '',
  "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "injected_at" TIMESTAMPTZ(3),
  "detected_at" TIMESTAMPTZ(3),
  "acknowledged_at" TIMESTAMPTZ(3),
  "recovered_at" TIMESTAMPTZ(3),
  "closed_at" TIMESTAMPTZ(3),
  "signal_id" TEXT,
  "incident_id" TEXT,
  "run_id" TEXT,
  "outcome" TEXT,
  CONSTRAINT "drill_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "drill_stage" CHECK ("stage" IN ('preparing', 'announced', 'injecting', 'running', 'stabilizing', 'cleanup', 'closed')),
  CONSTRAINT "drill_closed" CHECK (("stage" = 'closed') = ("outcome" IS NOT NULL) AND ("stage" = 'closed') = ("closed_at" IS NOT NULL))
);
CREATE UNIQUE INDEX "drill_number_key" ON "drill" ("number");
-- One drill at a time on one cluster.
CREATE UNIQUE INDEX "drill_open_on_cluster" ON "drill" ("cluster") WHERE "stage" <> 'closed';
