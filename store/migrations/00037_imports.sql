-- +goose Up
-- A list of customers on its way into an account. position is where reading goes
-- on, committed together with the rows before it; due_at is set while a worker is
-- wanted, which holds it with its lease. The counts are of rows: those of the
-- preview, those that are done, those of an undoing. What people said that the
-- columns of a header are is remembered for the next file like it.
CREATE TABLE IF NOT EXISTS enrolld_imports (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  file_name VARCHAR(200) NOT NULL,
  size BIGINT UNSIGNED NOT NULL DEFAULT 0,
  state ENUM('uploading','draft','checking','ready','running','paused','done','cancelled','undoing','undone') NOT NULL,
  plan MEDIUMTEXT NOT NULL,
  header VARBINARY(64) NOT NULL DEFAULT '',
  courses TEXT NOT NULL,
  ends_at DATETIME(6) NULL,
  notify BOOLEAN NOT NULL DEFAULT FALSE,
  position VARCHAR(200) NOT NULL DEFAULT '{}',
  preview TEXT NOT NULL,
  counts TEXT NOT NULL,
  undo_counts TEXT NOT NULL,
  note VARCHAR(500) NOT NULL DEFAULT '',
  lease BINARY(16) NOT NULL DEFAULT '',
  due_at DATETIME(6) NULL,
  login_id BIGINT UNSIGNED NULL,
  actor VARCHAR(100) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  started_at DATETIME(6) NULL,
  finished_at DATETIME(6) NULL,
  KEY account (account_id, id),
  KEY mapping (account_id, header, id),
  KEY work (due_at),
  KEY old (state, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_imports;
