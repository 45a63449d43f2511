// Package enrolld is the domain: what a sale is, what access it gives, and why.
// It is pure: no SQL, no HTTP, no clock and no randomness of its own.
//
// Enrolld runs beside a WordPress site that sells courses. Checkout tools post
// what happens (sales, rebills, refunds, disputes, cancellations), and each such
// delivery is stored before it is answered. A worker then has the platform's
// adapter translate it into events that all platforms share, merges each event
// into the record of its order, and asks which grants follow.
//
// Two properties carry everything else.
//
// An order's record only grows. It is a join-semilattice: a set of references
// and maps of registers in which the latest statement counts (of the buyer, the
// earliest). Merge is commutative, associative and idempotent, so deliveries may
// come twice, late and in any order, on any replica, and end in one state.
//
// Access is derived, never commanded. Derive is a function of a customer's
// orders, the product rules and the time; the store applies the difference
// between what it says and what is there. Mapping a product late, changing a
// rule and replaying a year are therefore one operation: derive again.
//
//	delivery ─ adapter ─▶ Event ─ Event.Order ─▶ Order ─┐
//	                                                    Merge ─▶ Order (stored)
//	                        what was known ─▶ Order ────┘           │
//	                                                                ▼
//	                       Rules, now ───────────────────────▶ Derive(orders)
//	                                                                │
//	           ┌──────────────────┬─────────────────────────────────┤
//	           ▼                  ▼                                 ▼
//	       Derived.Next     Derived.Parked                    Derived.Grants
//	   ask again then      paid, product not                  order ∪ person ∪ import
//	                       mapped to courses                        │
//	                                                                ▼
//	                                                 AccessOf: courses that are open
//
// A customer has a course while at least one live grant gives it; each grant
// names its cause, and taking one cause away leaves what the others give.
//
// What stands of an order's money is decided in this order: a test order, an
// unpaid sale, money taken back (refund or lost dispute) end access; otherwise
// the subscription's paid term, the rule's duration and start, and an open
// dispute say how far it reaches. One-time purchases stand or fall as a whole;
// subscriptions by the payment, each with the period that it paid for. A bundle
// passes what happens to it on to its parts, and no line to any other.
//
// Code map:
//
//	event.go     what happened: Event, its parts, Check, the lift to an Order
//	order.go     what is known of a sale: Order, its parts, Merge, RefSet
//	register.go  Latest, the register that parts are kept in, and how two merge
//	derive.go    Derive: orders, rules and time to grants; spans of access
//	paid.go      which payments paid for which lines, and what was refunded
//	undone.go    payments of subscriptions that were undone; disputes
//	term.go      how far a subscription reaches: payments, statements, failures
//	grant.go     Grant, Cause, Reason, Access, CourseRef
//	rule.go      what a product gives, and what to do when its ground falls away
//	money.go     Money in minor units; reading amounts from text
//	email.go     addresses, and the key under which a customer is unique
//	delivery.go  states of a delivery; how an attempt ended (OutcomeOf)
//	message.go   mail to members and to the team
//
// Who signs in to the admin, and what they may do there:
//
//	permission.go    the catalogue: what each opens, who may hold it, whether it is ready
//	member.go        Terms, Scope, Member: type, permissions with ends, sub-accounts, products
//	member_rules.go  who may change whom and give what; who needs a second factor
//	invitation.go    an invitation's life, seven days by the clock
//	invitees.go      what a paste of many addresses means
//	login.go         Login, the person; Actor, who does something
//	password.go      which passwords are good enough; username.go, phone.go, postal.go, country.go
//	disposable.go    addresses that nobody keeps
//	topic.go         kinds of mail that one can have or not have
//
//	retry.go     how long queues wait between attempts
//	errors.go    codes of failures; what people may read about them
//	secret.go    text that never prints
package enrolld
