-- +goose Up
-- The uploaded file in parts of 1 MiB, so that any replica can go on with it.
CREATE TABLE IF NOT EXISTS enrolld_import_files (
  import_id BIGINT UNSIGNED NOT NULL,
  part INT UNSIGNED NOT NULL,
  bytes MEDIUMBLOB NOT NULL,
  PRIMARY KEY (import_id, part)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_import_files;
