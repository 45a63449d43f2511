// Package store keeps Enrolld's own tables, all prefixed enrolld_, in MySQL or
// MariaDB, and runs the transactions in which they change together with
// WordPress's.
//
// Methods of *DB own a transaction: they begin and end it. Methods of *Tx are
// part of one that a caller began with InTx. No network call happens inside.
//
// # Who writes what
//
//	this package      enrolld_* except those below; of enrolld_entries what the site
//	                  does not write
//	store/wordpress   WordPress's users and usermeta; enrolld_site_names
//	store/lms         what an LMS reads to open a course; enrolld_access
//	the companion     enrolld_entries: that a token was taken, and how it ended
//	store/provision   nothing by itself: it composes the others in one transaction
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
