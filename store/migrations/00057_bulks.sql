-- +goose Up
-- Something that is done with many customers at once. Its set is chosen by hand
-- (chosen) or by a filter (picks), and is fixed in enrolld_bulk_targets before
-- anything is done. gathered and position are the last customer who was put into the set, and
-- whom the work has reached; each is committed with what it is about. due_at is set
-- while a worker is wanted, which holds it with its lease.
CREATE TABLE IF NOT EXISTS enrolld_bulks (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  state ENUM('choosing','gathering','ready','running','done','cancelled','undoing','undone') NOT NULL,
  action VARCHAR(16) NOT NULL DEFAULT '',
  terms TEXT NOT NULL,
  chosen BOOLEAN NOT NULL,
  picks TEXT NOT NULL,
  words VARCHAR(500) NOT NULL DEFAULT '',
  counts TEXT NOT NULL,
  gathered BIGINT UNSIGNED NOT NULL DEFAULT 0,
  position BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lease BINARY(16) NOT NULL DEFAULT '',
  due_at DATETIME(6) NULL,
  login_id BIGINT UNSIGNED NULL,
  actor VARCHAR(100) NOT NULL,
  undone_by VARCHAR(100) NOT NULL DEFAULT '',
  undone_login BIGINT UNSIGNED NULL,
  note VARCHAR(500) NOT NULL DEFAULT '',
  created_at DATETIME(6) NOT NULL,
  ready_at DATETIME(6) NULL,
  started_at DATETIME(6) NULL,
  finished_at DATETIME(6) NULL,
  KEY account (account_id, id),
  KEY work (due_at),
  KEY old (state, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_bulks;
