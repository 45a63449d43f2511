-- +goose Up
-- What was said of the rows of a file when they were counted, in sheets of 500 rows:
-- a letter for each, and where in the file the first of them begins. So people page
-- through a million rows, or the bad ones among them, and nothing is counted anew.
CREATE TABLE IF NOT EXISTS enrolld_import_sheets (
  import_id BIGINT UNSIGNED NOT NULL,
  sheet INT UNSIGNED NOT NULL,
  position VARCHAR(200) NOT NULL,
  marks VARBINARY(500) NOT NULL,
  PRIMARY KEY (import_id, sheet)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_import_sheets;
