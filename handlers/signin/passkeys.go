package signin

import (
	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/handlers/passkey"
	"enrolld/store"
)

// What a page asks a passkey for, in the address that its script posts to.
var purposes = map[string]passkey.Purpose{
	"": passkey.SignIn, "second": passkey.SecondFactor, "again": passkey.Again,
}

// asked is what a passkey is asked for, and of whom. Errors: Conflict when the
// session is not that far, or no more.
func (s *Screens) asked(r *gate.Request) (p passkey.Purpose, login enrolld.Login, err error) {
	p, ok := purposes[r.FormValue("step")]
	switch p {
	case passkey.SignIn:
		return p, login, tooFar(ok)
	case passkey.SecondFactor:
		login, ok, err = s.halfway(r)
	case passkey.Again:
		login, ok = r.Viewer.Login, r.SignedIn()
	}
	if err == nil {
		err = tooFar(ok)
	}
	return p, login, err
}

func tooFar(ok bool) error {
	if ok {
		return nil
	}
	return enrolld.Errorf(enrolld.Conflict, "this page is too old: load it again")
}

// POST /sign-in/passkey
func (s *Screens) beginPasskey(r *gate.Request) error {
	p, login, err := s.asked(r)
	if err == nil {
		err = s.spend(r, perOptions, "passkey options ip %s", store.Place(r.Addr()))
	}
	if err != nil {
		return passkey.Fail(r, err)
	}
	return s.keys.BeginSign(r, p, login)
}

// POST /sign-in/passkey/finish
func (s *Screens) finishPasskey(r *gate.Request) error {
	p, login, err := s.asked(r)
	if err == nil {
		err = s.spend(r, perPasskey, "passkey ip %s", store.Place(r.Addr()))
	}
	if err != nil {
		return passkey.Fail(r, err)
	}
	return s.keys.FinishSign(r, p, login, func(proven enrolld.Login) (string, error) {
		switch p {
		case passkey.SecondFactor:
			return s.enter(r, proof{login, "password and passkey"})
		case passkey.Again:
			r.Session().Prove()
			return next(r), nil
		}
		return s.enter(r, proof{proven, "passkey"})
	})
}

// stepURL is where the script of a page posts, for one of the purposes.
func stepURL(finish bool, step, to string) string {
	path := passkeyURL
	if finish {
		path += "/finish"
	}
	path = within(path, to)
	switch {
	case step == "":
		return path
	case to == page.HomeURL:
		return path + "?step=" + step
	}
	return path + "&step=" + step
}
