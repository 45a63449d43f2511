package team

import (
	"context"
	"fmt"

	"enrolld"
	"enrolld/store"
)

// Profile is what a login's holder says of themselves. A user name is optional.
type Profile struct {
	Name     string
	Username string
	Phone    string
	Address  enrolld.PostalAddress
}

func loginProfile(l enrolld.Login) Profile { return Profile{l.Name, l.Username, l.Phone, l.Address} }

// checked returns the profile as it is stored, and the user name's key, nil
// without one. Errors: Invalid, about the first thing that is wrong.
func (p Profile) checked() (out Profile, usernameKey any, err error) {
	if out.Name, err = enrolld.ParseName(p.Name); err != nil {
		return out, nil, err
	}
	if p.Username != "" {
		var key string
		if out.Username, key, err = enrolld.ParseUsername(p.Username); err != nil {
			return out, nil, err
		}
		usernameKey = []byte(key)
	}
	if out.Phone, err = enrolld.ParsePhone(p.Phone); err != nil {
		return out, nil, err
	}
	if problems := p.Address.Problems(); len(problems) > 0 {
		return out, nil, enrolld.Errorf(enrolld.Invalid, "the address: %s", problems[0].Message)
	}
	out.Address = p.Address.Normalized()
	return out, usernameKey, nil
}

// SaveProfile changes a login's profile. revision is the login's when the form was
// shown. Errors: Invalid; Conflict when the profile was changed meanwhile or the
// user name is taken.
func (t *Team) SaveProfile(ctx context.Context, actor enrolld.Actor, loginID int64, p Profile, revision int64) error {
	p, usernameKey, err := p.checked()
	if err != nil {
		return err
	}
	return t.onOwn(ctx, actor, loginID, func(o *own) error {
		if o.login.Revision != revision {
			return enrolld.Errorf(enrolld.Conflict, "the profile was changed meanwhile: look at it again and save once more")
		}
		if loginProfile(o.login) == p {
			return nil
		}
		_, err := o.tx.ExecContext(ctx, `UPDATE enrolld_logins SET name = ?, username = ?, username_key = ?, phone = ?, line1 = ?,
			line2 = ?, city = ?, region = ?, postal_code = ?, country = ?, revision = revision + 1 WHERE id = ?`,
			p.Name, p.Username, usernameKey, p.Phone, p.Address.Line1, p.Address.Line2, p.Address.City, p.Address.Region,
			p.Address.PostalCode, p.Address.Country, loginID)
		switch {
		case store.IsDuplicate(err):
			return errUsernameTaken
		case err != nil:
			return fmt.Errorf("save a profile: %w", err)
		}
		after := o.login
		after.Name, after.Username, after.Phone, after.Address = p.Name, p.Username, p.Phone, p.Address
		o.noteChange("login.profile_changed", nil, profileState(o.login), profileState(after))
		return nil
	})
}

// profileState is a login as the audit log shows it.
func profileState(l enrolld.Login) map[string]any {
	state := map[string]any{"email": l.Email, "name": l.Name}
	for name, value := range map[string]string{
		"username": l.Username, "phone": l.Phone, "line1": l.Address.Line1, "line2": l.Address.Line2, "city": l.Address.City,
		"region": l.Address.Region, "postal_code": l.Address.PostalCode, "country": l.Address.Country,
	} {
		if value != "" {
			state[name] = value
		}
	}
	return state
}
