-- +goose Up
-- How often something may happen, shared by all replicas. name is a hash of what
-- is limited; free_at is when its budget is full again (GCRA).
CREATE TABLE IF NOT EXISTS enrolld_budgets (
  name BINARY(32) NOT NULL PRIMARY KEY,
  free_at DATETIME(6) NOT NULL,
  KEY free (free_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_budgets;
