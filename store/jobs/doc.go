// Package jobs has workers do long work that waits in a table, a step at a time:
// imports and bulk actions.
//
// The table has the columns id, lease BINARY(16) and due_at DATETIME(6) NULL.
// due_at is set while a worker is wanted. A worker claims the job that is due
// longest by its lease, which makes it due again when the worker is gone, and holds
// it from one step to the next. A step commits what it did together with how far
// the job is, if the lease is still in the row: so whatever is killed, each step is
// done once. After some steps the job goes behind the others.
package jobs
