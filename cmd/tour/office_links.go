package tour

import (
	"context"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store/team"
)

// Addresses of people who are invited.
const (
	invitedNew      = "nadia.haddad@example.org"
	invitedExisting = "ruth@potteryguild.example" // who owns the guild
	invitedExpired  = "oskar.lind@example.org"
	invitedRemoved  = "wrong.person@example.org"
)

// invite makes invitations in every state.
func (o *Office) invite(ctx context.Context) error {
	scope := enrolld.Scope{AllAccounts: true, AllProducts: true}
	user := enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}}, Scope: scope}
	admin := enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}
	people := []string{"Nadia Haddad <" + invitedNew + ">", "Oskar Lind <" + invitedExpired + ">", invitedRemoved, "old.assistant@example.org"}
	if err := o.inviteAll(ctx, user, people...); err != nil {
		return err
	}
	if err := o.inviteAll(ctx, admin, invitedExisting); err != nil {
		return err
	}
	for _, to := range []string{invitedNew, invitedExisting, invitedExpired, invitedRemoved} {
		link, err := o.mailed(ctx, to, "/invitations/")
		if err != nil {
			return err
		}
		o.links[to] = link
	}
	list, err := o.People.Invitations(ctx, o.Account.ID)
	if err != nil {
		return err
	}
	for _, i := range list {
		switch i.Email {
		case invitedNew:
			o.ids["invitation"] = i.ID
		case invitedRemoved:
			err = o.People.RemoveInvitation(ctx, o.Owner.Actor(), o.Account.ID, i.ID)
		case invitedExpired, "old.assistant@example.org":
			err = o.exec(ctx, `UPDATE enrolld_invitations SET created_at = created_at - INTERVAL 9 DAY, sent_at = sent_at - INTERVAL 9 DAY,
				expires_at = expires_at - INTERVAL 9 DAY WHERE id = ?`, i.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fillOwn fills in what is the owner's own: the profile, a passkey, a change of
// address that waits.
func (o *Office) fillOwn(ctx context.Context) error {
	by, id := o.Owner.Actor(), o.Owner.ID
	login, err := o.People.Login(ctx, id)
	if err != nil {
		return err
	}
	err = o.People.SaveProfile(ctx, by, id, team.Profile{
		Name: o.Owner.Name, Username: "maya", Phone: "+46 8 123 456 78", Address: enrolld.PostalAddress{
			Line1: "Västerlånggatan 12", City: "Stockholm", PostalCode: "111 29", Country: "SE",
		},
	}, login.Revision)
	if err != nil {
		return err
	}
	if err := o.People.AddPasskey(ctx, by, id, "Office laptop", []byte("of the tour"), []byte("{}")); err != nil {
		return err
	}
	keys, err := o.People.Passkeys(ctx, id)
	if err != nil {
		return err
	}
	o.ids["passkey"] = keys[0].ID
	const next = "maya.lind@inkandwash.example"
	if err := o.People.RequestEmailChange(ctx, by, id, next); err != nil {
		return err
	}
	if o.links["email"], err = o.mailed(ctx, next, "/email/"); err != nil {
		return err
	}
	return o.openSessions(ctx)
}

// openSessions has the owner signed in elsewhere.
func (o *Office) openSessions(ctx context.Context) error {
	for i, agent := range []string{"Safari on iPhone", "Firefox on Windows"} {
		err := o.exec(ctx, `INSERT INTO enrolld_sessions (token, login_id, epoch, data, remote_addr, agent, created_at, seen_at, expires_at)
			SELECT ?, id, session_epoch, '', ?, ?, UTC_TIMESTAMP(6) - INTERVAL ? DAY, UTC_TIMESTAMP(6) - INTERVAL ? HOUR,
				UTC_TIMESTAMP(6) + INTERVAL 2 DAY FROM enrolld_logins WHERE id = ?`,
			"of the tour "+agent, fmt.Sprintf("203.0.113.%d", 24+40*i), agent, 2+i, 1+3*i, o.Owner.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// askForLinks has links for passwords mailed.
func (o *Office) askForLinks(ctx context.Context) (err error) {
	if err := o.People.RequestReset(ctx, enrolld.Actor{}, o.Helper.Email); err != nil {
		return err
	}
	if o.links["reset"], err = o.mailed(ctx, o.Helper.Email, "/reset/"); err != nil {
		return err
	}
	_, token, err := o.People.AddLogin(ctx, enrolld.Actor{Name: "academy"}, enrolld.Login{Email: "rosa@inkandwash.example", Name: "Rosa Lind"})
	o.links["first"] = "/set-password/" + token.Reveal()
	return err
}

// setPolicy requires a second factor of everybody, from a day on.
func (o *Office) setPolicy(ctx context.Context) error {
	from := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 14)
	account := o.Account
	account.FromName, account.FromAddress = "Ink & Wash", "hello@inkandwash.example"
	if err := o.People.SaveAccount(ctx, o.Owner.Actor(), account); err != nil {
		return err
	}
	return o.People.SetPolicy(ctx, o.Owner.Actor(), o.Account.ID, &from)
}

// age moves what has happened into the past, the first the furthest, since nobody
// builds an office within a second.
func (o *Office) age(ctx context.Context) error {
	const ago = ` - INTERVAL FLOOR(POW(? - id, 1.6) * 11) MINUTE`
	var last int64
	if err := o.DB.Conn().QueryRowContext(ctx, `SELECT COALESCE(MAX(id), 0) + 1 FROM enrolld_audit`).Scan(&last); err != nil {
		return fmt.Errorf("read the audit log: %w", err)
	}
	if err := o.exec(ctx, `UPDATE enrolld_audit SET at = at`+ago+`, remote_addr = CASE WHEN login_id IS NULL THEN '' ELSE '203.0.113.24' END`, last); err != nil {
		return err
	}
	for _, statement := range []string{
		`UPDATE enrolld_members SET created_at = created_at - INTERVAL 60 - 3 * (id MOD 9) DAY, deactivated_at = deactivated_at - INTERVAL 6 DAY`,
		`UPDATE enrolld_logins SET created_at = created_at - INTERVAL 61 DAY, password_at = password_at - INTERVAL 33 DAY, totp_at = totp_at - INTERVAL 33 DAY`,
		`UPDATE enrolld_logins SET last_sign_in_at = UTC_TIMESTAMP(6) - INTERVAL (id * 19) HOUR WHERE must_change = FALSE AND password_hash <> ''`,
		`UPDATE enrolld_passkeys SET created_at = created_at - INTERVAL 30 DAY, used_at = UTC_TIMESTAMP(6) - INTERVAL 2 DAY`,
		`UPDATE enrolld_invitations SET sent_at = sent_at - INTERVAL 2 DAY, expires_at = expires_at - INTERVAL 2 DAY WHERE state = 'open'`,
		`UPDATE enrolld_products SET mapped_at = mapped_at - INTERVAL 40 DAY`,
	} {
		if err := o.exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func (o *Office) exec(ctx context.Context, query string, args ...any) error {
	if _, err := o.DB.Conn().ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return nil
}
