// Package importing takes lists of customers into an account: from the bytes of a
// file to access, at a size of a million rows.
//
//	Create ─ the file in parts of 1 MiB, a proposed plan ──▶ draft
//	Decide ─ columns, courses, until when, mail or not ────▶ draft
//	Preview, or Check and a worker ─ counts, nothing else ─▶ ready
//	Start ─▶ running ── Worker.Step, parts of a batch ──────▶ done
//	            │ Pause, Resume, Cancel                        │
//	            ▼                                              ▼
//	        paused, cancelled ───────────── Undo ──────────▶ undoing ─▶ undone
//
// # One state, whatever happens
//
// A part of a batch is one transaction: customers, WordPress users, grounds of
// access, mail, audit log, and how far the file is read. It commits only if the
// import is still this worker's (its lease), in the same state, and where the worker
// thought it was. So whoever dies, or is too slow, leaves a whole number of parts,
// and the next worker goes on behind the last row. Two parts are written at a time
// and commit in their order. A part that fails is halved until the row that fails is
// alone; it is noted, and left out.
//
// What is given is one ground for each customer and course, whose cause is the import.
// Rows that come again in this file give nothing more (enrolld.Grant.Needed). Who has a
// course already, by another list perhaps, gets a ground all the same and notices
// nothing (enrolld.Grant.Adds): undoing one list leaves what another one gives.
//
// # Who locks what
//
// Parts lock as deliveries do (package store), and the import's row last. A part
// begins when the customers of the one before it are locked, and chooses other names
// for its users; where it has a lock all the same that the one before needs, it
// gives way.
package importing
