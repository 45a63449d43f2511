package signin

import (
	"net/http"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type forgotPage struct {
	page.Base
	Form *page.Form
}

var forgotView = page.New[forgotPage](files, "forgot")

// GET /forgot; with sent=1 after a link was asked for.
func (s *Screens) forgotPage(r *gate.Request) error {
	if r.FormValue("sent") == "" {
		return showForgot(r, http.StatusOK, page.NewForm())
	}
	return showNotice(r, http.StatusOK, noticePage{
		Heading: "Look into your mail",
		Text: []string{
			"If there is a login of that name, a link to choose a new password is on its way to its address. It works once, within an hour.",
			"Nothing there after some minutes? Look into the spam folder, and check how the name was written.",
		},
		URL: gate.SignInURL, Action: "Back to sign in",
	})
}

func showForgot(r *gate.Request, status int, form *page.Form) error {
	return forgotView.Render(r.Writer, status, &forgotPage{r.Base("Forgot your password"), form})
}

// POST /forgot
func (s *Screens) forgot(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	name := form.Get("login")
	if name == "" {
		form.Fail("login", "Enter your email address or your user name.")
		return showForgot(r, http.StatusUnprocessableEntity, form)
	}
	if err := s.team.RequestReset(r.Context(), r.Actor(), name); err != nil {
		status, err := mend(r, form, "login", err)
		if err != nil {
			return err
		}
		return showForgot(r, status, form)
	}
	return r.Redirect(forgotURL + "?sent=1")
}
