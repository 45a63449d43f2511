-- +goose Up
-- Two customers made one. moved says what went along besides orders, which follow
-- the address of their buyer: enough to take the merge back.
CREATE TABLE IF NOT EXISTS enrolld_merges (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  account_id BIGINT UNSIGNED NOT NULL,
  kept_id BIGINT UNSIGNED NOT NULL,
  gone_id BIGINT UNSIGNED NOT NULL,
  moved MEDIUMTEXT NOT NULL,
  actor VARCHAR(100) NOT NULL,
  login_id BIGINT UNSIGNED NULL,
  merged_at DATETIME(6) NOT NULL,
  undone_at DATETIME(6) NULL,
  KEY kept (account_id, kept_id),
  KEY gone (account_id, gone_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_merges;
