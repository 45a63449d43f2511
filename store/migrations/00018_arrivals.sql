-- +goose Up
-- The hours in which a source sent anything: its rhythm, against which it may be
-- found silent. One row per hour, written by whoever works on the deliveries.
CREATE TABLE IF NOT EXISTS enrolld_arrivals (
  integration_id BIGINT UNSIGNED NOT NULL,
  hour DATETIME NOT NULL,
  PRIMARY KEY (integration_id, hour)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_arrivals;
