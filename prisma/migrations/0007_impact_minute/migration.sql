-- How many services were in which state, minute by minute, so that the course of a night outlives a restart.
CREATE TABLE "impact_minute" (
  "cluster" TEXT NOT NULL,
  "incarnation" TEXT NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  "bad" INTEGER NOT NULL,
  "unmanaged" INTEGER NOT NULL,
  "healthy" INTEGER NOT NULL,
  CONSTRAINT "impact_minute_pkey" PRIMARY KEY ("cluster", "incarnation", "at")
);
