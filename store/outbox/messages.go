package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

// MessageLease is how long a claimed message may take to be sent.
const MessageLease = 5 * time.Minute

const day = 24 * time.Hour

// Messages is the mail queue. It implements mailer.Queue.
type Messages struct {
	db  *store.DB
	opt Options

	mu   sync.Mutex           // guards owed
	owed []enrolld.SendResult // what the database was not there to record
}

// NewMessages makes the queue.
func NewMessages(db *store.DB, opt Options) *Messages { return &Messages{db: db, opt: opt} }

// Claim leases up to n due messages and completes them: the sender from the
// account, and in a welcome a set-password link. The link's key is a keyed hash
// of the message's id, so a second attempt carries the same link, and only its
// hash is stored, in WordPress, as WordPress does it.
//
// They are of a rank or before it, and come in the order of their ranks. turn, if it
// is not nil, says when a message may go: one whose time has not come is given back
// before anything is done for it. claimed counts those, too.
//
// Messages whose site cannot be read are put off, and so is one that cannot be
// completed itself; the others go out. Mail to the team needs no site: see
// takeTeam.
func (q *Messages) Claim(
	ctx context.Context, n int, last enrolld.Rank, turn func(*enrolld.Message) time.Time,
) (ready []*enrolld.Message, claimed int, err error) {
	if err := q.payOwed(ctx); err != nil {
		return nil, 0, err
	}
	list, err := q.db.ClaimMessages(ctx, n, last, store.NewLease(), MessageLease)
	if err != nil || len(list) == 0 {
		return nil, 0, err
	}
	claimed = len(list)
	list, err = q.withhold(ctx, list)
	errs := []error{err}
	list, err = q.hold(ctx, list, turn)
	errs = append(errs, err)
	ready, members, err := q.takeTeam(ctx, list)
	errs = append(errs, err)
	byAccount := map[int64][]*enrolld.Message{}
	for _, m := range members {
		byAccount[m.AccountID] = append(byAccount[m.AccountID], m)
	}
	for _, account := range slices.Sorted(maps.Keys(byAccount)) {
		done, err := q.completeAll(ctx, account, byAccount[account])
		ready, errs = append(ready, done...), append(errs, err)
	}
	slices.SortStableFunc(ready, func(a, b *enrolld.Message) int { return cmp.Compare(a.Rank, b.Rank) })
	if len(ready) > 0 {
		return ready, claimed, nil // the errors are on the messages that were put off
	}
	return nil, claimed, errors.Join(errs...)
}

// hold gives back the messages whose turn is later, and returns the others.
func (q *Messages) hold(
	ctx context.Context, list []*enrolld.Message, turn func(*enrolld.Message) time.Time,
) (rest []*enrolld.Message, err error) {
	if turn == nil {
		return list, nil
	}
	var held []enrolld.SendResult
	for _, m := range list {
		if at := turn(m); !at.IsZero() {
			held = append(held, enrolld.SendResult{Message: m, State: enrolld.SendRetry, RetryAt: at, Held: true})
		} else {
			rest = append(rest, m)
		}
	}
	if len(held) == 0 {
		return rest, nil
	}
	return rest, q.Finish(ctx, held)
}

// completeAll completes one account's messages and returns those that may go
// out; what cannot be completed is put off.
func (q *Messages) completeAll(ctx context.Context, accountID int64, list []*enrolld.Message) ([]*enrolld.Message, error) {
	at, err := provision.LoadPlace(ctx, q.db, accountID)
	if err != nil {
		return nil, errors.Join(err, q.putOff(ctx, list, err))
	}
	return q.completeEach(ctx, at, list)
}

// completeEach completes messages in one transaction or, when that fails through
// the fault of one of them, each in its own.
func (q *Messages) completeEach(ctx context.Context, at provision.Place, list []*enrolld.Message) ([]*enrolld.Message, error) {
	err := q.commit(ctx, at, list)
	if err == nil {
		return list, nil
	}
	if len(list) == 1 || enrolld.CodeOf(err) == enrolld.Unavailable {
		return nil, errors.Join(err, q.putOff(ctx, list, err))
	}
	var ready []*enrolld.Message
	var errs []error
	for _, m := range list {
		done, err := q.completeEach(ctx, at, []*enrolld.Message{m})
		ready, errs = append(ready, done...), append(errs, err)
	}
	return ready, errors.Join(errs...)
}

func (q *Messages) commit(ctx context.Context, at provision.Place, list []*enrolld.Message) error {
	return q.db.InTx(ctx, func(tx *store.Tx) error {
		users, err := tx.MessageUsers(ctx, list)
		if err != nil {
			return err
		}
		known, err := welcomed(ctx, tx, at, list, users)
		if err != nil {
			return err
		}
		for _, m := range list {
			if err := q.complete(ctx, tx, m, at, known[users[m.CustomerID].WPUserID]); err != nil {
				return err
			}
		}
		return q.choose(ctx, tx, list, at, users)
	})
}

// putOff gives messages back that cannot be completed now.
func (q *Messages) putOff(ctx context.Context, list []*enrolld.Message, cause error) error {
	results := make([]enrolld.SendResult, len(list))
	for i, m := range list {
		var age time.Duration
		now := q.db.Now()
		if !m.FirstAt.IsZero() {
			age = now.Sub(m.FirstAt)
		}
		wait, ok := enrolld.MailRetry.Wait(m.Attempts+1, age, rand.Float64())
		results[i] = enrolld.SendResult{
			Message: m, State: enrolld.SendRetry, RetryAt: now.Add(wait), Response: enrolld.MessageOf(cause),
		}
		if !ok {
			results[i].State = enrolld.SendDead
		}
	}
	return q.Finish(ctx, results)
}

// payOwed records what could not be recorded before: without it a database that
// was away for a moment would keep messages until their lease runs out.
func (q *Messages) payOwed(ctx context.Context) error {
	q.mu.Lock()
	list := q.owed
	q.owed = nil
	q.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	return q.Finish(ctx, list)
}

// welcomed reads the WordPress users of those who are sent a welcome, as they are now.
func welcomed(
	ctx context.Context, tx *store.Tx, at provision.Place, list []*enrolld.Message, users map[int64]store.MessageUser,
) (map[int64]wordpress.User, error) {
	var ids []int64
	for _, m := range list {
		if id := users[m.CustomerID].WPUserID; m.Kind == enrolld.MessageWelcome && id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return wordpress.UsersByID(ctx, tx, at.Site, ids)
}

// mayLink says whether a welcome may have a link to set the password of a user: it is
// for them, goes to the address that WordPress has of them, and they have no more than a
// customer's rights. All of that may have changed since it was queued.
func mayLink(m *enrolld.Message, user wordpress.User) bool {
	if m.Kind != enrolld.MessageWelcome || user.ID == 0 || user.Privileged ||
		m.Cause != provision.WelcomeCause(m.CustomerID, user.ID) && m.Data.LinkUser != user.ID {
		return false
	}
	_, theirs, err := enrolld.ParseEmail(user.Email)
	if err != nil {
		return false
	}
	_, to, err := enrolld.ParseEmail(m.To)
	return err == nil && to == theirs
}

// complete fills in what is only known when a message is about to be sent.
func (q *Messages) complete(ctx context.Context, tx *store.Tx, m *enrolld.Message, at provision.Place, user wordpress.User) error {
	m.FromName, m.FromAddress = at.Account.FromName, at.Account.FromAddress
	if m.FromName == "" {
		m.FromName = at.Info.Name
	}
	if m.FromAddress == "" {
		m.FromAddress = at.Info.AdminEmail
	}
	m.UnsubscribeURL = q.unsubscribeURL(m)
	if !mayLink(m, user) {
		return nil // the mail then asks to reset the password
	}
	key := q.db.LinkKey(m.ID)
	until := tx.Now().Add(time.Duration(at.Account.LinkDays) * day)
	err := wordpress.StoreResetKey(ctx, tx, at.Site, at.Info, user.ID, key, until)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return nil // deleted in WordPress meanwhile
	}
	if err != nil {
		return fmt.Errorf("message %d: %w", m.ID, err)
	}
	m.Data.SetPasswordURL = wordpress.SetPasswordURL(at.SiteURL(), m.Data.Login, key)
	m.Data.LinkValidUntil = until
	if at.Account.CompanionAt == nil {
		return nil
	}
	// A persistent object cache may hold the user without the key.
	return tx.QueueSignals(ctx, []store.Signal{{AccountID: m.AccountID, Kind: store.SignalPurge, UserID: user.ID, Rank: m.Rank}})
}

// Finish records how attempts ended. What cannot be recorded since the database
// is away is recorded before the next claim; doing so twice does no harm.
func (q *Messages) Finish(ctx context.Context, results []enrolld.SendResult) error {
	err := q.db.FinishMessages(ctx, results)
	if enrolld.CodeOf(err) == enrolld.Unavailable {
		q.mu.Lock()
		q.owed = append(q.owed, results...)
		q.mu.Unlock()
	}
	return err
}
