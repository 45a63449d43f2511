package store

// What the tests of this package look at from outside.
var (
	Classify       = classify
	Again          = again
	RefKey         = refKey
	Clip           = clip
	MigrationFiles = migrationFiles
	HashToken      = hashToken
)

// TxAttempts is how often InTx tries.
const TxAttempts = txAttempts
