-- +goose Up
-- What went otherwise: rows of the file that the database refused (place: their
-- number), customers whom an undoing left something to or failed with (place: their
-- id). What an import gave, the ledger knows by its cause.
CREATE TABLE IF NOT EXISTS enrolld_import_rows (
  import_id BIGINT UNSIGNED NOT NULL,
  verdict ENUM('refused','kept','failed') NOT NULL,
  place BIGINT UNSIGNED NOT NULL,
  problem VARCHAR(500) NOT NULL,
  PRIMARY KEY (import_id, verdict, place)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_import_rows;
