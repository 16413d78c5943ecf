-- Files that people put beside a run. The chain has their hash; the file itself can be erased without breaking it.
CREATE TABLE "run_evidence" (
  "id" UUID NOT NULL,
  "run" UUID NOT NULL,
  "step" TEXT,
  "name" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "size" INTEGER NOT NULL,
  "sha256" TEXT NOT NULL,
  "note" TEXT NOT NULL,
  "by_actor" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "content" BYTEA NOT NULL,
  CONSTRAINT "run_evidence_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "run_evidence_size" CHECK ("size" = octet_length("content") AND "size" BETWEEN 1 AND 5000000),
  CONSTRAINT "run_evidence_sha256" CHECK ("sha256" = encode(sha256("content"), 'hex'))
);
CREATE INDEX "run_evidence_run" ON "run_evidence" ("run");
