-- +goose Up
-- Who is in the set of a bulk action, and what became of each: outcome is what is
-- foreseen until it is done, effect the grounds that were given or taken. state
-- says how far it is with them.
CREATE TABLE IF NOT EXISTS enrolld_bulk_targets (
  bulk_id BIGINT UNSIGNED NOT NULL,
  customer_id BIGINT UNSIGNED NOT NULL,
  outcome ENUM('change','same','refused','failed') NOT NULL,
  state ENUM('waits','done','undone','kept','stuck') NOT NULL DEFAULT 'waits',
  why VARCHAR(300) NOT NULL DEFAULT '',
  effect TEXT NULL,
  PRIMARY KEY (bulk_id, customer_id),
  KEY outcome (bulk_id, outcome, customer_id),
  KEY state (bulk_id, state, customer_id),
  KEY customer (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_bulk_targets;
