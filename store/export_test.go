package store

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
