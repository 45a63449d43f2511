-- +goose Up
CREATE TABLE IF NOT EXISTS enrolld_settings (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  value VARBINARY(2000) NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_settings;
