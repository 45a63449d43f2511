-- +goose Up
-- What the companion plugin asks: one row per member and protected page.
CREATE TABLE IF NOT EXISTS enrolld_access (
  user_id BIGINT UNSIGNED NOT NULL,
  course_id BIGINT UNSIGNED NOT NULL,
  account_id BIGINT UNSIGNED NOT NULL,
  ends_at DATETIME(6) NULL,
  granted_at DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, course_id, account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_access;
