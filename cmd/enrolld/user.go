package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/team"
	"enrolld/store/wordpress"
)

type userCmd struct {
	Add    userAdd    `cmd:"" help:"Make a login for the admin; prints a link to set its password."`
	List   userList   `cmd:"" help:"List the users of an account."`
	Link   userLink   `cmd:"" help:"Print another link to set the first password."`
	Factor userFactor `cmd:"" name:"reset-second-factor" help:"Take a login's second factor away, when phone and recovery codes are lost."`
}

// operator is who runs a command.
var operator = enrolld.Actor{Name: "command"}

type userAdd struct {
	Account   string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Email     string `help:"The person's address." placeholder:"EMAIL"`
	WordPress string `help:"Instead of --email: take address and name of this administrator of the account's own site, a user name or an address." name:"wordpress" placeholder:"USER"`
	Name      string `help:"The person's name." placeholder:"NAME"`
	Owner     bool   `help:"The owner of the account, who may do everything." xor:"type"`
	Admin     bool   `help:"An admin with every permission." xor:"type"`
	BaseURL   string `help:"How the outside reaches the service, for the link." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL" default:"http://localhost:8765"`
}

type userAddedJSON struct {
	Email   string `json:"email"`
	Account string `json:"account"`
	Type    string `json:"type"`
	Link    string `json:"set_password_link,omitempty"`
}

// Run makes the login, or takes the one that the address has, and makes it a
// member of the account.
func (c userAdd) Run(a *app) error {
	if !c.Owner && !c.Admin {
		return enrolld.Errorf(enrolld.Invalid, "say what the person is to be: --owner or --admin; others are invited in the admin")
	}
	if (c.Email == "") == (c.WordPress == "") {
		return enrolld.Errorf(enrolld.Invalid, "say who: --email, or --wordpress with an administrator of the site")
	}
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		if account.ParentID != 0 {
			return enrolld.Errorf(enrolld.Invalid, "users belong to the client account, not to a sub-account: name that one")
		}
		who, err := c.who(a, db, account)
		if err != nil {
			return err
		}
		out := userAddedJSON{Email: who.Email, Account: account.Name, Type: string(enrolld.TypeAdmin)}
		if c.Owner {
			out.Type = string(enrolld.TypeOwner)
		}
		token, err := c.add(a, team.New(db), account, who)
		if err != nil {
			return err
		}
		if token != "" {
			out.Link = strings.TrimSuffix(c.BaseURL, "/") + "/set-password/" + token.Reveal()
		}
		return a.print(out, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s is %s of %q.\n", out.Email, out.Type, out.Account)
			if out.Link == "" {
				_, _ = fmt.Fprintln(w, "The login is there already: its password stays.")
				return
			}
			_, _ = fmt.Fprintf(w, "Set the password here, once, within seven days (the link is mailed too):\n%s\n", out.Link)
		})
	})
}

// who is the person's address and name.
func (c userAdd) who(a *app, db *store.DB, account enrolld.Account) (enrolld.Login, error) {
	if c.WordPress == "" {
		name := c.Name
		if name == "" {
			name, _, _ = strings.Cut(c.Email, "@")
		}
		return enrolld.Login{Email: c.Email, Name: name}, nil
	}
	site, err := db.Site(a.ctx, account.SiteID)
	if err != nil {
		return enrolld.Login{}, err
	}
	admins, err := wordpress.Administrators(a.ctx, db.Conn(), provision.WordPressSite(site, account.BlogID))
	if err != nil {
		return enrolld.Login{}, err
	}
	i := slices.IndexFunc(admins, func(u wordpress.User) bool {
		return strings.EqualFold(u.Login, c.WordPress) || strings.EqualFold(u.Email, c.WordPress)
	})
	if i < 0 {
		names := make([]string, len(admins))
		for i, u := range admins {
			names[i] = u.Login
		}
		return enrolld.Login{}, enrolld.Errorf(enrolld.NotFound, "%q is no administrator of the account's site; these are: %s",
			c.WordPress, strings.Join(names, ", "))
	}
	name := c.Name
	if name == "" {
		name = admins[i].DisplayName
	}
	return enrolld.Login{Email: admins[i].Email, Name: name}, nil
}

// add returns the token of a link when there is a password to be set.
func (c userAdd) add(a *app, people *team.Team, account enrolld.Account, who enrolld.Login) (enrolld.Secret, error) {
	known, found, err := people.Credentials(a.ctx, who.Email)
	if err != nil {
		return "", err
	}
	login, token := known.Login, enrolld.Secret("")
	if err := c.checkOwner(a, people, account); err != nil {
		return "", err
	}
	if !found {
		if login, token, err = people.AddLogin(a.ctx, operator, who); err != nil {
			return "", err
		}
	}
	if c.Owner {
		err = people.AddOwner(a.ctx, operator, account.ID, login.ID)
	} else {
		err = people.AddAdmin(a.ctx, operator, account.ID, login.ID)
	}
	if err == nil && found && login.PasswordAt == nil {
		token, err = people.FirstPassword(a.ctx, operator, login.ID)
	}
	return token, err
}

// checkOwner asks for an owner before a login is made that nobody would need.
func (c userAdd) checkOwner(a *app, people *team.Team, account enrolld.Account) error {
	members, err := people.Members(a.ctx, account.ID, true)
	if err != nil {
		return err
	}
	for _, m := range members {
		if c.Owner && m.Type == enrolld.TypeOwner {
			return enrolld.Errorf(enrolld.Conflict, "%q has an owner, %s; ownership is transferred in the admin", account.Name, m.Login.Email)
		}
	}
	return nil
}

type userList struct {
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

type userJSON struct {
	Email        string `json:"email"`
	Name         string `json:"name"`
	Type         string `json:"type"`
	Active       bool   `json:"active"`
	SecondFactor bool   `json:"second_factor"`
	LastSignIn   string `json:"last_sign_in,omitempty"`
}

// Run lists the users.
func (c userList) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		views := []userJSON{}
		for _, active := range []bool{true, false} {
			list, err := team.New(db).Members(a.ctx, account.RootID(), active)
			if err != nil {
				return err
			}
			for _, m := range list {
				v := userJSON{
					Email: m.Login.Email, Name: m.Login.Name, Type: string(m.Type), Active: active, SecondFactor: m.Login.SecondFactor(),
				}
				if at := m.Login.LastSignInAt; at != nil {
					v.LastSignIn = at.Format(dateTime)
				}
				views = append(views, v)
			}
		}
		return a.print(views, func(w io.Writer) {
			if len(views) == 0 {
				_, _ = fmt.Fprintln(w, "There is no user yet: enrolld user add --owner --email …")
			}
			for _, v := range views {
				_, _ = fmt.Fprintf(w, "%-32s %-6s active %-5t second factor %-5t last sign-in %s\n", v.Email, v.Type, v.Active, v.SecondFactor, v.LastSignIn)
			}
		})
	})
}

type userLink struct {
	Email   string `arg:"" help:"The login's address."`
	BaseURL string `help:"How the outside reaches the service." env:"ENROLLD_BASE_URL" name:"base-url" placeholder:"URL" default:"http://localhost:8765"`
}

// Run prints a new link.
func (c userLink) Run(a *app) error {
	return a.withLogin(c.Email, func(people *team.Team, login enrolld.Login) error {
		token, err := people.FirstPassword(a.ctx, operator, login.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "%s/set-password/%s\n", strings.TrimSuffix(c.BaseURL, "/"), token.Reveal())
		return err
	})
}

type userFactor struct {
	Email string `arg:"" help:"The login's address."`
}

// Run takes the second factor away.
func (c userFactor) Run(a *app) error {
	return a.withLogin(c.Email, func(people *team.Team, login enrolld.Login) error {
		if err := people.DropSecondFactor(a.ctx, operator, login.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(a.out, "%s has no second factor any more; every session has ended, and mail says so.\n", login.Email)
		return err
	})
}

// withLogin runs f with the login of an address.
func (a *app) withLogin(email string, f func(*team.Team, enrolld.Login) error) error {
	return a.withDB(func(db *store.DB) error {
		people := team.New(db)
		known, found, err := people.Credentials(a.ctx, email)
		if err != nil {
			return err
		}
		if !found {
			return enrolld.Errorf(enrolld.NotFound, "there is no login %q; 'enrolld user list' shows an account's", email)
		}
		return f(people, known.Login)
	})
}
