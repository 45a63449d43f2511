package team

import (
	"database/sql"
	"runtime"

	"github.com/alexedwards/argon2id"

	"enrolld"
	"enrolld/store"
)

// Team works on the logins and members in a database. It is safe for concurrent use.
type Team struct {
	db     *store.DB
	hashes chan struct{} // as many as passwords may be hashed at once
	queue  chan struct{} // as many as may wait for that
	cost   *argon2id.Params
}

// New makes a Team of a database.
func New(db *store.DB) *Team {
	n := runtime.NumCPU()
	return &Team{db: db, hashes: make(chan struct{}, n), queue: make(chan struct{}, hashQueue*n), cost: argonParams}
}

// hashQueue is how many passwords may wait for each processor: some seconds' work.
const hashQueue = 100

// cut shortens text to n characters, and makes it UTF-8.
func cut(s string, n int) string {
	runes := []rune(s)
	return string(runes[:min(n, len(runes))])
}

// mustMeet expects that a statement met a row; missing is for people when it met
// none.
func mustMeet(res sql.Result, err error, missing string) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = enrolld.Errorf(enrolld.NotFound, "%s", missing)
	}
	return err
}
