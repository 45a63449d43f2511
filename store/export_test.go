package store

import "maps"

// What the tests of this package look at from outside.
var (
	Again          = again
	RefKey         = refKey
	Clip           = clip
	MigrationFiles = migrationFiles
)

// SQLOldRejected is for a look at its plan.
const SQLOldRejected = sqlOldRejected

// TxAttempts is how often InTx tries.
const TxAttempts = txAttempts

// Inventory says of each column that can hold text what an erasure does to it:
// "enrolld_customers.email" becomes "erased", or "kept: why".
func Inventory() map[string]string {
	out := map[string]string{}
	for _, e := range erasures {
		if e.set == nil {
			out[e.table+".*"] = "erased"
		}
		for column := range e.set {
			out[e.table+"."+column] = "erased"
		}
	}
	maps.Copy(out, otherErasures)
	for table, why := range keptTables {
		out[table+".*"] = "kept: " + why
	}
	for column, why := range keptColumns {
		out[column] = "kept: " + why
	}
	return out
}
