-- +goose Up
-- part_of 0: the row is a customer. Otherwise it is a further address of that
-- customer, or a customer who was merged into it: one unique key says whose an
-- address is. Lists are of customers alone. Run again after a break, it does nothing.
SET @step = IF((SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = DATABASE()
    AND table_name = 'enrolld_customers' AND column_name = 'part_of') > 0, 'DO 0',
  'ALTER TABLE enrolld_customers ADD COLUMN part_of BIGINT UNSIGNED NOT NULL DEFAULT 0,
    DROP KEY newest, ADD KEY newest (account_id, part_of, id), DROP KEY courses, ADD KEY courses (account_id, part_of, courses),
    DROP KEY names, ADD KEY names (account_id, part_of, last_name, first_name)');
PREPARE step FROM @step;
EXECUTE step;
DEALLOCATE PREPARE step;
-- +goose Down
ALTER TABLE enrolld_customers
  DROP KEY newest, ADD KEY newest (account_id, id), DROP KEY courses, ADD KEY courses (account_id, courses),
  DROP KEY names, ADD KEY names (account_id, last_name, first_name), DROP COLUMN part_of;
