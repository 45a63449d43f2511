-- +goose Up
-- What entries of the audit log say about customers in words: names, addresses,
-- reasons. It lies beside the log, which is only appended to, so that it can be
-- erased with the person.
CREATE TABLE IF NOT EXISTS enrolld_audit_personal (
  id BINARY(16) NOT NULL PRIMARY KEY,
  customer_id BIGINT UNSIGNED NOT NULL,
  detail TEXT NOT NULL,
  subject VARCHAR(254) NOT NULL DEFAULT '',
  before_state TEXT NULL,
  after_state TEXT NULL,
  KEY customer (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_audit_personal;
