// Package outbox hands out what transactions left to be told to the world: mail
// to members and to the team, and signals to the companion plugin. Rows are leased,
// as deliveries are, so that any number of replicas may work on them.
package outbox
