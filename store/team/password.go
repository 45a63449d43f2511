package team

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/alexedwards/argon2id"

	"enrolld"
	"enrolld/store"
)

// argonParams are those that OWASP's cheat sheet of 2025 asks of argon2id: 19 MiB
// a password.
var argonParams = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// nobodysHash takes as long to verify as anybody's. Its key is random: there is
// no password.
func (t *Team) nobodysHash() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$U0xGbU1nQ2x3b2ZpT3ZrQg$pK5mO2C1kSgX0rJqV8hY3nD7tW4uLzFbE6aQ9cIxRdM",
		t.cost.Memory, t.cost.Iterations, t.cost.Parallelism)
}

// SetPasswordCost sets what hashing a password takes, for tests: at its real cost
// they would do little else.
func (t *Team) SetPasswordCost(p *argon2id.Params) { t.cost = p }

// HashPassword makes the hash that is stored. It waits while as many as there are
// processors are at work, so that many who sign in at once do not take all
// memory. Errors: Unavailable when the context ends first.
func (t *Team) HashPassword(ctx context.Context, password enrolld.Secret) (string, error) {
	done, err := t.hashing(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	hash, err := argon2id.CreateHash(password.Reveal(), t.cost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// VerifyPassword says whether a password is that of a hash. With an empty hash it
// takes the same time and says no. It waits as HashPassword does.
func (t *Team) VerifyPassword(ctx context.Context, hash string, password enrolld.Secret) (bool, error) {
	done, err := t.hashing(ctx)
	if err != nil {
		return false, err
	}
	defer done()
	nobody := hash == ""
	if nobody {
		hash = t.nobodysHash()
	}
	same, err := argon2id.ComparePasswordAndHash(password.Reveal(), hash)
	if err != nil {
		return false, fmt.Errorf("verify a password: %w", err)
	}
	return same && !nobody, nil
}

// IsPassword says whether a password is a login's. Errors: NotFound.
func (t *Team) IsPassword(ctx context.Context, loginID int64, password enrolld.Secret) (bool, error) {
	list, err := store.Collect(ctx, t.db.Conn(), func(rows *sql.Rows, hash *string) error { return rows.Scan(hash) },
		`SELECT password_hash FROM enrolld_logins WHERE id = ?`, loginID)
	hash, err := store.One(list, err, noLogin)
	if err != nil {
		return false, err
	}
	return t.VerifyPassword(ctx, hash, password)
}

const crowded = "too many people sign in at once: try again in a moment"

// hashing waits for its turn; done ends it. Where too many wait already it does
// not: a crowd would keep everybody waiting until nobody is there any more.
func (t *Team) hashing(ctx context.Context) (done func(), err error) {
	select {
	case t.queue <- struct{}{}:
		defer func() { <-t.queue }()
	default:
		return nil, enrolld.Errorf(enrolld.Unavailable, crowded)
	}
	select {
	case t.hashes <- struct{}{}:
		return func() { <-t.hashes }, nil
	case <-ctx.Done():
		return nil, enrolld.Wrap(enrolld.Unavailable, ctx.Err(), crowded)
	}
}

// ChangePassword gives a login another password, by its holder who has just
// proven the old one. Every other session and every link ends; the one that asks,
// by its token as scs gives it, goes on.
func (t *Team) ChangePassword(ctx context.Context, actor enrolld.Actor, loginID int64, hash, currentToken string) error {
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		o.kept = currentToken != ""
		n, err := o.setPassword(ctx, hash, currentToken)
		o.note("login.password_changed", map[string]any{"sessions_ended": n})
		return err
	})
}

// setPassword stores a password's hash, ends sessions and links, and tells the
// holder. n is how many sessions ended.
func (o *own) setPassword(ctx context.Context, hash, keep string) (n int, err error) {
	if err := storePassword(ctx, o.tx, o.login.ID, hash); err != nil {
		return 0, err
	}
	if n, err = endSessions(ctx, o.tx, o.login.ID, keep); err != nil {
		return 0, err
	}
	o.tell(enrolld.TeamData{Event: enrolld.EventPasswordChanged})
	return n, endTokens(ctx, o.tx, o.login.ID)
}

func storePassword(ctx context.Context, tx *store.Tx, loginID int64, hash string) error {
	_, err := tx.ExecContext(ctx, `UPDATE enrolld_logins SET password_hash = ?, password_at = ?, must_change = FALSE WHERE id = ?`,
		hash, tx.Now(), loginID)
	if err != nil {
		return fmt.Errorf("store a password: %w", err)
	}
	return nil
}
