// Package provision turns deliveries into access. It is the main job:
//
//	claim ─▶ parse ─▶ ┌ one transaction ───────────────────────────────────────┐
//	                  │ orders: found by reference, merged, joined             │
//	                  │ customers: found by email key, locked                  │
//	                  │ settle: derive grants from all orders, rules and time, │
//	                  │   and apply the difference: ledger, WordPress users,   │
//	                  │   LMS, mail queue, signals, audit                      │
//	                  │ the delivery's own state                               │
//	                  └────────────────────────────────────────────────────────┘
//
// Parsing, and asking a platform's API for what a delivery left out, happens
// before the transaction; mail and signals leave after it, from their queues.
//
// Deliveries of one account that are due together are worked on together, with
// multi-row statements. When that fails, each is tried by itself, so that one
// bad delivery keeps nobody waiting.
//
// What people do with customers goes through the same settlement: what they and
// imports give (Give), what they decide about a person (Decide, Erase), who a person
// is (ChangeProfile, AddAddress, Merge), and links to set a password (SendLinks).
//
// Settle is also what the clock calls when somebody's access starts or ends by
// itself, and what a changed rule calls for everyone who bought the product.
package provision
