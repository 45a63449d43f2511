-- +goose Up
-- What customers are found by, each row one word of one customer: words of the
-- name and ends of the address, folded; and, behind a first byte of 1, what they
-- bought and where from (search_terms.go). One word's customers are in order of
-- their ids, which is the order of the list.
CREATE TABLE IF NOT EXISTS enrolld_customer_words (
  account_id BIGINT UNSIGNED NOT NULL,
  word VARBINARY(64) NOT NULL,
  customer_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (account_id, word, customer_id),
  KEY customer (customer_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
-- +goose Down
DROP TABLE IF EXISTS enrolld_customer_words;
