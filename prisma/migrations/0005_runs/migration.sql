CREATE TABLE "run" (
  "id" UUID NOT NULL,
  "runbook" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "clusters" TEXT[] NOT NULL,
  -- What at most one acting incident run may work on: an Argo CD instance, or the cluster where there is none.
  "ground" TEXT NOT NULL,
  "incident" TEXT NOT NULL,
  "drill" TEXT,
  "lead" TEXT NOT NULL,
  "stage" TEXT NOT NULL,
  "outcome" TEXT,
  "version" INTEGER NOT NULL,
  "state" JSONB NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "closed_at" TIMESTAMPTZ(3),
  CONSTRAINT "run_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "run_kind" CHECK ("kind" IN ('incident', 'drill', 'tabletop')),
  CONSTRAINT "run_stage" CHECK ("stage" IN ('running', 'stabilizing', 'cleanup', 'closed')),
  CONSTRAINT "run_outcome" CHECK ("outcome" IS NULL OR "outcome" IN ('completed', 'completed-with-exceptions', 'aborted')),
  CONSTRAINT "run_closed" CHECK (("stage" = 'closed') = ("outcome" IS NOT NULL) AND ("stage" = 'closed') = ("closed_at" IS NOT NULL))
);
CREATE UNIQUE INDEX "run_one_open" ON "run" ("ground") WHERE "stage" <> 'closed' AND "kind" <> 'tabletop';
CREATE INDEX "run_incident" ON "run" ("incident");
CREATE INDEX "run_started_at" ON "run" ("started_at");

-- The lease of the one process that drives a run; its epoch fences whoever held it before.
CREATE TABLE "run_driver" (
  "run" UUID NOT NULL,
  "holder" TEXT NOT NULL,
  "epoch" INTEGER NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "run_driver_pkey" PRIMARY KEY ("run")
);

-- A command's key with the answer it got, in the transaction of its entries.
CREATE TABLE "command_key" (
  "key" TEXT NOT NULL,
  "scope" TEXT NOT NULL,
  "body_hash" TEXT NOT NULL,
  "answer" JSONB NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "command_key_pkey" PRIMARY KEY ("scope", "key")
);

-- As whom an actor acts on clusters; erasable, so it stands outside the chain.
CREATE TABLE "acting_identity" (
  "run" UUID NOT NULL,
  "actor" TEXT NOT NULL,
  "username" TEXT NOT NULL,
  "groups" TEXT[] NOT NULL,
  CONSTRAINT "acting_identity_pkey" PRIMARY KEY ("run", "actor")
);

-- Temporary changes in force, beyond the end of the run that made them.
CREATE TABLE "ledger_entry" (
  "id" UUID NOT NULL,
  "cluster" TEXT NOT NULL,
  "api_version" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "namespace" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "uid" TEXT NOT NULL,
  "field" TEXT NOT NULL,
  "original" JSONB,
  "original_absent" BOOLEAN NOT NULL,
  "written" JSONB,
  "written_absent" BOOLEAN NOT NULL,
  "run" UUID NOT NULL,
  "step" TEXT NOT NULL,
  "by_actor" TEXT NOT NULL,
  "holders" TEXT[] NOT NULL,
  "state" TEXT NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  "closed_at" TIMESTAMPTZ(3),
  CONSTRAINT "ledger_entry_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "ledger_entry_state" CHECK ("state" IN ('open', 'reversed', 'conflict')),
  CONSTRAINT "ledger_entry_closed" CHECK (("state" = 'reversed') = ("closed_at" IS NOT NULL))
);
CREATE UNIQUE INDEX "ledger_entry_one_open" ON "ledger_entry" ("cluster", "kind", "namespace", "name", "field") WHERE "state" <> 'reversed';
CREATE INDEX "ledger_entry_run" ON "ledger_entry" ("run");

-- Every version of a runbook that a run was started from, by its hash.
CREATE TABLE "runbook_document" (
  "hash" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "document" JSONB NOT NULL,
  "first_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "runbook_document_pkey" PRIMARY KEY ("hash")
);
