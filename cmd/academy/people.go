package academy

import (
	"context"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"enrolld"
	"enrolld/store"
	"enrolld/store/team"
)

// User is somebody who can sign in to the admin.
type User struct {
	ID            int64
	Email, Name   string
	Password      string
	TOTPSecret    enrolld.Secret // of the authenticator app; empty: no second factor
	RecoveryCodes []string

	shown time.Time // of the code that was asked for last
}

// Code is what the user's authenticator app shows at a moment.
func (u *User) Code(at time.Time) (string, error) {
	return totp.GenerateCode(u.TOTPSecret.Reveal(), at)
}

// codeStep is how long an authenticator app shows a code.
const codeStep = 30 * time.Second

// NextCode is a code that was not asked for before, since each works once. The
// second one within half a minute is that of the next half.
func (u *User) NextCode() (string, error) {
	at := time.Now()
	if next := u.shown.Add(codeStep); at.Before(next) {
		at = next
	}
	u.shown = at.Truncate(codeStep)
	return u.Code(at)
}

// Actor is the user as the audit log knows them.
func (u *User) Actor() enrolld.Actor { return enrolld.Actor{LoginID: u.ID, Name: u.Name} }

// operator stands in for whoever has the command line.
var operator = enrolld.Actor{Name: "academy"}

// addPeople makes the academy's owner, with a second factor, and a helper who may
// look at products and nothing else.
func (a *Academy) addPeople(ctx context.Context) (err error) {
	a.People = team.New(a.DB)
	if a.Owner, err = a.AddOwner(ctx, a.Account.ID, "maya@inkandwash.example", "Maya Lind"); err != nil {
		return err
	}
	a.Helper, err = a.AddByHand(ctx, a.Owner, a.Account.ID, team.ByHand{
		Name: "Sam Ortiz", Username: "sam", Email: "sam@inkandwash.example", Terms: enrolld.Terms{
			Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}},
			Scope: enrolld.Scope{AllAccounts: true, AllProducts: true},
		},
	})
	return err
}

// AddClient adds another client account on the academy's site, or a sub-account of
// one, of which Name, ParentID and SiteURL are given; nobody can enter it yet.
func (a *Academy) AddClient(ctx context.Context, account enrolld.Account) (enrolld.Account, error) {
	account.BlogID, account.LinkDays = 1, 7
	return a.DB.AddAccount(ctx, account, a.place())
}

// place is where the academy's WordPress is.
func (a *Academy) place() store.Site {
	return store.Site{
		Schema: databaseName, BasePrefix: "wp_", UsersTable: "wp_users", UserMetaTable: "wp_usermeta", ContentDir: a.Site.ContentDir,
	}
}

// AddOwner makes a login with a password and a second factor that owns an account.
func (a *Academy) AddOwner(ctx context.Context, accountID int64, email, name string) (*User, error) {
	u, err := a.AddLogin(ctx, email, name)
	if err != nil {
		return nil, err
	}
	if err := a.People.AddOwner(ctx, operator, accountID, u.ID); err != nil {
		return nil, err
	}
	return u, a.GiveFactor(ctx, u)
}

// AddLogin makes a login with a password; it is in no account.
func (a *Academy) AddLogin(ctx context.Context, email, name string) (*User, error) {
	u := &User{Email: email, Name: name, Password: password()}
	login, token, err := a.People.AddLogin(ctx, operator, enrolld.Login{Email: email, Name: name})
	if err != nil {
		return nil, err
	}
	u.ID = login.ID
	hash, err := a.People.HashPassword(ctx, enrolld.Secret(u.Password))
	if err != nil {
		return nil, err
	}
	_, err = a.People.ResetPassword(ctx, operator, team.KindFirstPassword, token.Reveal(), hash)
	return u, err
}

// AddByHand makes a login by hand, as by does in the admin; the password is made here.
func (a *Academy) AddByHand(ctx context.Context, by *User, accountID int64, n team.ByHand) (_ *User, err error) {
	u := &User{Email: n.Email, Name: n.Name, Password: password()}
	if n.Hash, err = a.People.HashPassword(ctx, enrolld.Secret(u.Password)); err != nil {
		return nil, err
	}
	id, err := a.People.AddByHand(ctx, by.Actor(), accountID, n)
	if err != nil {
		return nil, err
	}
	m, err := a.People.Member(ctx, accountID, id)
	u.ID = m.Login.ID
	return u, err
}

// GiveFactor sets up a user's authenticator app and recovery codes.
func (a *Academy) GiveFactor(ctx context.Context, u *User) error {
	login, err := a.People.Login(ctx, u.ID)
	if err != nil {
		return err
	}
	if u.TOTPSecret, _, err = team.NewTOTP(login); err != nil {
		return err
	}
	// A code works once: an early one leaves those of now to whoever signs in.
	code, err := u.Code(time.Now().Add(-codeStep))
	if err != nil {
		return err
	}
	if err := a.People.ConfirmTOTP(ctx, u.Actor(), u.ID, u.TOTPSecret, code); err != nil {
		return err
	}
	u.RecoveryCodes, err = a.People.MakeRecoveryCodes(ctx, u.Actor(), u.ID)
	return err
}

// password is one that nobody guesses and that can be typed.
func password() string {
	s := randomText(8)
	return strings.Join([]string{s[:4], s[4:8], s[8:12], s[12:]}, "-")
}
