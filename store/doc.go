// Package store keeps Enrolld's own tables, all prefixed enrolld_, in MySQL or
// MariaDB, and runs the transactions in which they change together with
// WordPress's.
//
// Methods of *DB own a transaction: they begin and end it. Methods of *Tx are
// part of one that a caller began with InTx. No network call happens inside.
//
// # Where things are
//
//	store.go, tx.go, rows.go, errors.go   connections, transactions, statements of many rows; migrate.go
//	keyring.go      what is sealed, and keyed hashes; budget.go, turn.go: how often something may be done
//	account.go      client accounts; family.go: their sub-accounts; scope.go: whose products
//	integration.go  checkout tools; arrival.go: when they send; product*.go: what they sell
//	inbox*.go       deliveries that come in; delivery*.go: claimed, finished, listed; requeue.go, rejected.go
//	order.go        what is known of orders; grant.go: the ledger; wake.go
//	customer*.go    customers: _address.go further addresses, _history.go and _copy.go all about one
//	customer_page.go   the list: _clause.go a condition each, _match.go joins them, _rows.go fills rows in;
//	                search_words.go, search_terms.go: the index that it is found by
//	merge*.go       two customers made one, and apart again; erase*.go: nobody any more, with naming.go
//	entry*.go       who is on a site as a customer
//	message*.go     mail that waits, was sent or not; wording.go: an account's texts; optout.go, suppression.go
//	mail_*.go       what providers tell of bounces; signal.go: what the companion is told
//	audit*.go       the log; failures.go, stats.go, summary.go: what is counted of the rest
//
// What is an operation of its own, with checks and an audit entry, is a package
// below: provision, importing, bulk, wording, outbox, team.
//
// # Who writes what
//
//	this package      enrolld_* except those below; of enrolld_entries what the site
//	                  does not write
//	store/wordpress   WordPress's users and usermeta; enrolld_site_names
//	store/lms         what an LMS reads to open a course; enrolld_access
//	the companion     enrolld_entries: that a token was taken, and how it ended
//	store/team        logins, members and what is theirs: sessions, tokens, invitations;
//	                  of enrolld_accounts the profile and the rules of signing in
//	store/importing   enrolld_import*; store/bulk: enrolld_bulk*; store/jobs: the leases
//	                  of both
//	store/provision, store/outbox, store/wording   nothing by themselves: they compose
//	                  the others in one transaction
//
// # Lock order
//
// Transactions that change access lock in this order, each group sorted, so that
// they wait for each other instead of deadlocking: order references, orders,
// customers (rows of addresses first, then customers by id), the account (shared)
// and with it its products, site names, WordPress users, grants, the rest. Who
// maps a product locks customers, then the account. What deadlocks all the same is
// run again by InTx.
//
// # Several replicas, several database nodes
//
// On a multi-writer cluster row locks reach one node only; the cluster finds
// conflicts when transactions commit, by the rows they wrote. So every
// transaction writes the rows it depends on: an order's or a customer's revision
// is raised before what follows from it is decided.
package store
