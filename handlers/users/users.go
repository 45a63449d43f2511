package users

import (
	"embed"
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store"
	"enrolld/store/team"
)

//go:embed templates/*.tmpl
var files embed.FS

// Addresses below the account.
const (
	usersPath       = "/settings/users"
	invitationsPath = usersPath + "/invitations"
	deactivatedPath = usersPath + "/deactivated"
	invitePath      = usersPath + "/invite"
	byHandPath      = usersPath + "/new"
)

// Screens are the pages of this package.
type Screens struct {
	db   *store.DB
	team *team.Team
}

// New makes the screens.
func New(f *gate.Frame) *Screens { return &Screens{f.DB, f.Team} }

// Nav is what the package adds to the side navigation.
var Nav = []gate.NavEntry{{Group: "Settings", Title: "Users", Icon: "users", Path: usersPath, Needs: enrolld.PermUsers}}

// Routes lists the screens. Fixed paths stand before those with a variable.
func (s *Screens) Routes() []gate.Route {
	return []gate.Route{
		get("users", usersPath, s.active),
		get("users.deactivated", deactivatedPath, s.deactivated),
		get("users.invitations", invitationsPath, s.invitations),
		post("users.invitations.renew", invitationsPath+"/resend", s.resendExpired),
		post("users.invitation.resend", invitationsPath+"/{invitation}/resend", s.resend),
		get("users.invitation.remove.ask", invitationsPath+"/{invitation}/remove", s.askRemoveInvitation),
		post("users.invitation.remove", invitationsPath+"/{invitation}/remove", s.removeInvitation),
		get("users.invite.form", invitePath, s.inviteForm),
		post("users.invite", invitePath, s.invite),
		get("users.new.form", byHandPath, s.byHandForm),
		post("users.new", byHandPath, s.byHand),
		get("users.member", memberPath, s.member),
		get("users.rights.form", memberPath+"/rights", s.rightsForm),
		post("users.rights", memberPath+"/rights", s.setRights),
		get("users.deactivate.ask", memberPath+deactivate.path, s.ask(deactivate)),
		post("users.deactivate", memberPath+deactivate.path, s.do(deactivate)),
		get("users.reactivate.ask", memberPath+reactivate.path, s.ask(reactivate)),
		post("users.reactivate", memberPath+reactivate.path, s.do(reactivate)),
		get("users.remove.ask", memberPath+remove.path, s.ask(remove)),
		post("users.remove", memberPath+remove.path, s.do(remove)),
		get("users.sessions.ask", memberPath+endSessions.path, s.ask(endSessions)),
		post("users.sessions", memberPath+endSessions.path, s.do(endSessions)),
		fresh(get("users.factor.ask", memberPath+resetFactor.path, s.ask(resetFactor))),
		fresh(post("users.factor", memberPath+resetFactor.path, s.do(resetFactor))),
	}
}

func get(name, path string, handle func(*gate.Request) error) gate.Route {
	return gate.Route{
		Name: name, Method: http.MethodGet, Path: "/a/{account}" + path, Access: gate.Member, Permission: enrolld.PermUsers, Handle: handle,
	}
}

func post(name, path string, handle func(*gate.Request) error) gate.Route {
	r := get(name, path, handle)
	r.Method = http.MethodPost
	return r
}

func fresh(r gate.Route) gate.Route {
	r.Fresh = true
	return r
}
