CREATE TABLE "person" (
  "id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "email" TEXT,
  "roles" TEXT[] NOT NULL,
  "origin" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "disabled_at" TIMESTAMPTZ(3),
  CONSTRAINT "person_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "person_origin" CHECK ("origin" IN ('trial', 'local', 'oidc'))
);

CREATE TABLE "session" (
  "token_hash" BYTEA NOT NULL,
  "person_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "session_pkey" PRIMARY KEY ("token_hash"),
  CONSTRAINT "session_token_hash" CHECK (octet_length("token_hash") = 32),
  CONSTRAINT "session_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "session_person_id_idx" ON "session" ("person_id");

CREATE TABLE "sign_in_link" (
  "token_hash" BYTEA NOT NULL,
  "person_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "used_at" TIMESTAMPTZ(3),
  CONSTRAINT "sign_in_link_pkey" PRIMARY KEY ("token_hash"),
  CONSTRAINT "sign_in_link_token_hash" CHECK (octet_length("token_hash") = 32),
  CONSTRAINT "sign_in_link_person_id_fkey" FOREIGN KEY ("person_id") REFERENCES "person" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "api_token" (
  "id" UUID NOT NULL,
  "token_hash" BYTEA NOT NULL,
  "name" TEXT NOT NULL,
  "roles" TEXT[] NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "api_token_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "api_token_token_hash" CHECK (octet_length("token_hash") = 32)
);
CREATE UNIQUE INDEX "api_token_token_hash_key" ON "api_token" ("token_hash");

-- A changing request's key with the answer it got, so that a repeat gets the first answer again.
CREATE TABLE "kept_answer" (
  "actor" TEXT NOT NULL,
  "key" TEXT NOT NULL,
  "digest" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "status" INTEGER,
  "body" JSONB,
  CONSTRAINT "kept_answer_pkey" PRIMARY KEY ("actor", "key"),
  CONSTRAINT "kept_answer_whole" CHECK (("status" IS NULL) = ("body" IS NULL))
);
CREATE INDEX "kept_answer_created_at_idx" ON "kept_answer" ("created_at");
