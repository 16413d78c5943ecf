-- What was found changed after a time without recording; few rows, asked for whenever somebody looks at a past moment.
CREATE INDEX inventory_revision_unseen ON inventory_revision (cluster, after_at) WHERE after_at IS NOT NULL;
CREATE INDEX inventory_revision_unseen_end ON inventory_revision (cluster, deleted_after) WHERE deleted_after IS NOT NULL;
