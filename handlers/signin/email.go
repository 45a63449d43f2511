package signin

import (
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

type emailPage struct {
	page.Base
	Address string // the one that the login shall have
	Action  string
}

var emailView = page.New[emailPage](files, "email")

// GET /email/{token}
func (s *Screens) emailPage(r *gate.Request) error {
	_, address, err := s.team.EmailLink(r.Context(), r.Var("token"))
	if err != nil {
		return deadEmail(r, err)
	}
	return emailView.Render(r.Writer, http.StatusOK, &emailPage{r.Base("Confirm the new address"), address, r.URL.Path})
}

func deadEmail(r *gate.Request, err error) error {
	return deadLink(r, err, noticePage{
		Text: []string{
			"It was used already, or it is too old, or the change was asked for again since then.",
			"Your profile says which address your login has now.",
		},
		URL: page.ProfileURL, Action: "Go to your profile",
	})
}

// POST /email/{token}
func (s *Screens) email(r *gate.Request) error {
	done, err := s.team.ConfirmEmailChange(r.Context(), r.Actor(), r.Var("token"))
	if enrolld.CodeOf(err) == enrolld.Conflict {
		return showNotice(r, http.StatusConflict, noticePage{
			Heading: "The address was not changed", Text: []string{gate.Sentence(err), "Choose another one in your profile."},
			URL: page.ProfileURL, Action: "Go to your profile",
		})
	}
	if err != nil {
		return deadEmail(r, err)
	}
	to := gate.SignInURL
	if r.SignedIn() {
		to = page.ProfileURL
	}
	if !done {
		return r.Done(to, "Confirmed. The address changes once the link in the other mail is confirmed too.")
	}
	return r.Done(to, "The address is changed. Sign in with the new one from now on.")
}
