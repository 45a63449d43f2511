-- +goose Up
-- The ledger of grounds. announced_at: the member was told of it, which happens once.
CREATE TABLE IF NOT EXISTS enrolld_grants (
  customer_id BIGINT UNSIGNED NOT NULL,
  lms VARCHAR(16) NOT NULL,
  course_id BIGINT UNSIGNED NOT NULL,
  cause_kind ENUM('order','person','import') NOT NULL,
  cause_id BIGINT UNSIGNED NOT NULL,
  cause_line VARBINARY(191) NOT NULL DEFAULT '',
  account_id BIGINT UNSIGNED NOT NULL,
  state ENUM('pending','live','suspended','ended') NOT NULL,
  reason VARCHAR(24) NOT NULL,
  starts_at DATETIME(6) NOT NULL,
  ends_at DATETIME(6) NULL,
  announced_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (customer_id, lms, course_id, cause_kind, cause_id, cause_line),
  KEY cause (cause_kind, cause_id),
  KEY course (account_id, lms, course_id, state)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_grants;
