package signin

import (
	"embed"
	"net/http"
	"net/url"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/handlers/passkey"
	"enrolld/store/team"
)

//go:embed templates/*.tmpl
var files embed.FS

// Screens are the pages of this package.
type Screens struct {
	frame *gate.Frame
	team  *team.Team
	keys  *passkey.Keys
}

// New makes the screens.
func New(f *gate.Frame) (*Screens, error) {
	keys, err := passkey.New(f.Base(), f.Team)
	if err != nil {
		return nil, err
	}
	return &Screens{f, f.Team, keys}, nil
}

// Routes are the addresses of this package.
func (s *Screens) Routes() []gate.Route {
	const get, post = http.MethodGet, http.MethodPost
	return []gate.Route{
		{Name: "sign-in", Method: get, Path: gate.SignInURL, Access: gate.Anyone, Handle: s.passwordPage},
		{Name: "sign-in.password", Method: post, Path: gate.SignInURL, Access: gate.Anyone, Handle: s.password},
		{Name: "sign-in.code", Method: get, Path: gate.CodeURL, Access: gate.Anyone, Handle: s.codePage},
		{Name: "sign-in.code.enter", Method: post, Path: gate.CodeURL, Access: gate.Anyone, Handle: s.code},
		{Name: "sign-in.recovery", Method: get, Path: recoveryURL, Access: gate.Anyone, Handle: s.recoveryPage},
		{Name: "sign-in.recovery.enter", Method: post, Path: recoveryURL, Access: gate.Anyone, Handle: s.recovery},
		{Name: "sign-in.passkey", Method: post, Path: passkeyURL, Access: gate.Anyone, Handle: s.beginPasskey},
		{Name: "sign-in.passkey.finish", Method: post, Path: passkeyURL + "/finish", Access: gate.Anyone, Handle: s.finishPasskey},
		{Name: "sign-in.confirm", Method: get, Path: gate.ConfirmURL, Access: gate.Partial, Handle: s.confirmPage},
		{Name: "sign-in.confirm.enter", Method: post, Path: gate.ConfirmURL, Access: gate.Partial, Handle: s.confirm},
		{Name: "sign-out", Method: post, Path: page.SignOutURL, Access: gate.Anyone, Handle: s.signOut},

		{Name: "forgot", Method: get, Path: forgotURL, Access: gate.Anyone, Handle: s.forgotPage},
		{Name: "forgot.ask", Method: post, Path: forgotURL, Access: gate.Anyone, Handle: s.forgot},
		{Name: "reset", Method: get, Path: "/reset/{token}", Access: gate.Anyone, Handle: s.choosePage(team.KindReset)},
		{Name: "reset.save", Method: post, Path: "/reset/{token}", Access: gate.Anyone, Handle: s.choose(team.KindReset)},
		{Name: "set-password", Method: get, Path: "/set-password/{token}", Access: gate.Anyone, Handle: s.choosePage(team.KindFirstPassword)},
		{Name: "set-password.save", Method: post, Path: "/set-password/{token}", Access: gate.Anyone, Handle: s.choose(team.KindFirstPassword)},
		{Name: "email", Method: get, Path: "/email/{token}", Access: gate.Anyone, Handle: s.emailPage},
		{Name: "email.confirm", Method: post, Path: "/email/{token}", Access: gate.Anyone, Handle: s.email},

		{Name: "invitation", Method: get, Path: "/invitations/{token}", Access: gate.Anyone, Handle: s.invitationPage},
		{Name: "invitation.join", Method: post, Path: "/invitations/{token}/join", Access: gate.Person, Handle: s.join},
		{Name: "invitation.create", Method: post, Path: "/invitations/{token}/create", Access: gate.Anyone, Handle: s.create},
	}
}

const (
	recoveryURL = "/sign-in/recovery"
	passkeyURL  = "/sign-in/passkey"
	forgotURL   = "/forgot"
)

// next is where the person wanted to go, on this site and nowhere else.
func next(r *gate.Request) string { return gate.Local(r.FormValue("next")) }

// within puts where the person wanted to go into an address of a step.
func within(path, next string) string {
	if next == page.HomeURL {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}
