package signin

import (
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

type choosePage struct {
	page.Base
	Form   *page.Form
	First  bool // it is the first one
	Action string
	Min    int // characters
}

var chooseView = page.New[choosePage](files, "choose")

// choosePage is GET /reset/{token} and GET /set-password/{token}.
func (s *Screens) choosePage(kind string) func(*gate.Request) error {
	return func(r *gate.Request) error {
		login, err := s.linked(r, kind)
		if err != nil {
			return deadPassword(r, kind, err)
		}
		return showChoose(r, kind, http.StatusOK, page.NewForm().Set("email", login.Email))
	}
}

// linked is the login that the address's link is for.
func (s *Screens) linked(r *gate.Request, kind string) (enrolld.Login, error) {
	link, err := s.team.Link(r.Context(), kind, r.Var("token"))
	if err != nil {
		return enrolld.Login{}, err
	}
	return s.team.Login(r.Context(), link.LoginID)
}

func deadPassword(r *gate.Request, kind string, err error) error {
	n := noticePage{
		Text: []string{"It was used already, or it is too old, or a newer one was sent."}, URL: forgotURL, Action: "Send me a new link",
	}
	if kind == team.KindFirstPassword {
		n.Text = append(n.Text, "If you have not chosen a password yet, ask for a link to do so with your email address.")
	}
	return deadLink(r, err, n)
}

func showChoose(r *gate.Request, kind string, status int, form *page.Form) error {
	first := kind == team.KindFirstPassword
	title := "Choose a new password"
	if first {
		title = "Choose a password"
	}
	return chooseView.Render(r.Writer, status, &choosePage{
		Base: r.Base(title), Form: form, First: first, Action: r.URL.Path, Min: enrolld.MinPassword,
	})
}

// choose is POST /reset/{token} and POST /set-password/{token}. It signs nobody in:
// the second factor is asked for as ever.
func (s *Screens) choose(kind string) func(*gate.Request) error {
	return func(r *gate.Request) error {
		form, err := r.Form()
		if err != nil {
			return err
		}
		login, err := s.linked(r, kind)
		if err != nil {
			return deadPassword(r, kind, err)
		}
		form.Set("email", login.Email)
		hash, err := s.newPassword(r, form.Get("password"), login)
		if err != nil {
			status, err := mend(r, form, "password", err)
			if err != nil {
				return err
			}
			return showChoose(r, kind, status, form)
		}
		if _, err := s.team.ResetPassword(r.Context(), r.Actor(), kind, r.Var("token"), hash); err != nil {
			return deadPassword(r, kind, err)
		}
		return s.chosen(r, login.ID)
	}
}

// newPassword checks a password that a login shall have and returns its hash.
func (s *Screens) newPassword(r *gate.Request, password string, login enrolld.Login) (hash string, err error) {
	viewer, err := s.team.Viewer(r.Context(), login.ID)
	if err != nil {
		return "", err
	}
	if err := checkNew(password, viewer.KnownWords()); err != nil {
		return "", err
	}
	return s.team.HashPassword(r.Context(), enrolld.Secret(password))
}

// checkNew says whether a password may be chosen; own is what others know of its
// holder.
func checkNew(password string, own []string) error {
	if password == "" {
		return enrolld.Errorf(enrolld.Invalid, "enter a password")
	}
	return enrolld.CheckPassword(password, own...)
}

// chosen leads to the sign-in, or says who is signed in instead. The browser is known from now on: whoever reads the
// login's mail is not to be kept out by those who try its passwords. What has
// happened is said by the address, since the session may be one of those that ended.
func (s *Screens) chosen(r *gate.Request, loginID int64) error {
	login, err := s.team.Login(r.Context(), loginID)
	if err != nil {
		return err
	}
	r.Remember(login)
	if r.SignedIn() && r.Viewer.Login.ID != loginID {
		return r.Done(page.HomeURL, "The password of %s is set. You are signed in here as %s: sign out first to use it.", login.Email, r.Viewer.Login.Email)
	}
	return r.Redirect(gate.SignInURL + "?set=1")
}
