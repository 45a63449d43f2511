// Package importing takes lists of customers into an account: from the bytes of a
// file to access, at a size of a million rows.
//
//	Create ─ the file in parts of 1 MiB, a proposed plan ──▶ draft
//	Decide ─ columns, courses, until when, mail or not ────▶ draft
//	Preview, or Check and a worker ─ counts, nothing else ─▶ ready
//	Start ─▶ running ── Worker.Step, a batch a transaction ─▶ done
//	            │ Pause, Resume, Cancel                        │
//	            ▼                                              ▼
//	        paused, cancelled ───────────── Undo ──────────▶ undoing ─▶ undone
//
// # One state, whatever happens
//
// A batch is one transaction: customers, WordPress users, grounds of access, mail,
// audit log, and how far the file is read. It commits only if the import is still
// this worker's (its lease), in the same state, and where the worker thought it
// was. So whoever dies, or is too slow, leaves a whole number of batches, and the
// next worker goes on behind the last row. A batch that fails is halved until the
// row that fails is alone; it is noted, and left out.
//
// What is given is one ground for each course, whose cause is the import. Rows that
// come again, in this file or in another import, change nothing: see
// enrolld.Grant.Needed.
//
// # Who locks what
//
// Batches lock as deliveries do (package store), and the import's row last.
package importing
