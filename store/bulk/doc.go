// Package bulk does one thing with many customers: gives or takes courses, extends
// access, sends links to set a password.
//
//	Choose ─ some customers, or a filter ─────────────▶ choosing
//	Decide ─ what, which courses, until when ─────────▶ gathering
//	          a worker fixes the set, and foresees ───▶ ready
//	Start ─▶ running ── Worker.Step, a batch a transaction ─▶ done
//	            │ Cancel                                        │
//	            ▼                                               ▼
//	         cancelled ──────────────── Undo ─────────────▶ undoing ─▶ undone
//
// # The set is what was shown
//
// Who is in the set is written down before anything is done, in the order of a key
// that the gathering goes on at: whoever joins or comes to match later is not in it,
// and what the preview counts are its members, each of them. Deciding anew makes
// another set.
//
// # Once
//
// A batch is one transaction: customers' access, mail, audit log, what became of
// each, and how far the work is. It commits only if the action still is this
// worker's (its lease), in the same state, and where the worker thought it was. A
// batch that fails is halved until who it fails with is alone; they are noted and
// left out. What is given or extended is a ground of its own, whose cause names the
// action, so that nothing that was there is changed by it and Undo ends just that. Who
// has it already gets that ground too: what they have it by may be undone.
// What is taken is noted as it was.
//
// # Who locks what
//
// Batches lock as deliveries do (package store), and the action's row last.
package bulk
