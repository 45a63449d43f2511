package account

import (
	"embed"
	"net/http"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store/team"
)

//go:embed templates/*.tmpl
var files embed.FS

// Addresses below an account.
const (
	profilePath     = "/settings"
	subAccountsPath = "/settings/sub-accounts"
	securityPath    = "/settings/security"
	ownershipPath   = "/settings/ownership"
	leavePath       = "/settings/leave"
	auditPath       = "/settings/audit"
	usersPath       = "/settings/users"
	offerPath       = "/ownership" // the mail about an offer leads there
)

// Screens are the pages of this package.
type Screens struct {
	frame *gate.Frame
	team  *team.Team
}

// New makes the screens.
func New(f *gate.Frame) *Screens { return &Screens{f, f.Team} }

// Nav and NavBelow are what the package adds to the side navigation, above and
// below the users.
var (
	Nav = []gate.NavEntry{
		{Group: "Settings", Title: "Account profile", Icon: "account", Path: profilePath, Needs: enrolld.PermProfile},
	}
	NavBelow = []gate.NavEntry{
		{Group: "Settings", Title: "Sub-accounts", Icon: "domains", Path: subAccountsPath, Needs: enrolld.PermUsers},
		{Group: "Settings", Title: "Security", Icon: "security", Path: securityPath, Owner: true},
		{Group: "Settings", Title: "Ownership", Icon: "key", Path: ownershipPath, Owner: true},
		{Group: "Settings", Title: "Audit log", Icon: "audit", Path: auditPath, Needs: enrolld.PermAudit, EveryProduct: true},
		{Group: "Settings", Title: "Leave", Icon: "signout", Path: leavePath},
	}
)

// Routes lists the screens.
func (s *Screens) Routes() []gate.Route {
	const get, post = http.MethodGet, http.MethodPost
	routes := []gate.Route{
		{Name: "account", Method: get, Path: profilePath, Permission: enrolld.PermProfile, Handle: s.profile},
		{Name: "account-save", Method: post, Path: profilePath, Permission: enrolld.PermProfile, Handle: s.saveProfile},

		{Name: "sub-accounts", Method: get, Path: subAccountsPath, Permission: enrolld.PermUsers, Handle: s.subAccounts},
		{Name: "sub-account-new", Method: get, Path: subAccountsPath + "/new", Permission: enrolld.PermUsers, Handle: s.newSubAccount},
		{Name: "sub-account-add", Method: post, Path: subAccountsPath + "/new", Permission: enrolld.PermUsers, Handle: s.addSubAccount},
		{Name: "sub-account-edit", Method: get, Path: subAccountsPath + "/{sub}/rename", Permission: enrolld.PermUsers, Handle: s.editSubAccount},
		{Name: "sub-account-rename", Method: post, Path: subAccountsPath + "/{sub}/rename", Permission: enrolld.PermUsers, Handle: s.renameSubAccount},

		{Name: "account-security", Method: get, Path: securityPath, OwnerOnly: true, Handle: s.security},
		{Name: "account-require", Method: post, Path: securityPath, OwnerOnly: true, Fresh: true, Handle: s.require},
		{Name: "account-relax", Method: get, Path: securityPath + "/take-back", OwnerOnly: true, Fresh: true, Handle: s.askRelax},
		{Name: "account-relaxed", Method: post, Path: securityPath + "/take-back", OwnerOnly: true, Fresh: true, Handle: s.relax},

		{Name: "ownership", Method: get, Path: ownershipPath, OwnerOnly: true, Fresh: true, Handle: s.ownership},
		{Name: "ownership-withdraw", Method: post, Path: ownershipPath + "/withdraw", OwnerOnly: true, Fresh: true, Handle: s.withdraw},
		{Name: "ownership-ask", Method: get, Path: ownershipPath + "/{member:[0-9]+}", OwnerOnly: true, Fresh: true, Handle: s.askOffer},
		{Name: "ownership-offer", Method: post, Path: ownershipPath + "/{member:[0-9]+}", OwnerOnly: true, Fresh: true, Handle: s.offer},
		{Name: "ownership-offered", Method: get, Path: offerPath, Fresh: true, Handle: s.offered},
		{Name: "ownership-answer", Method: post, Path: offerPath, Fresh: true, Handle: s.answer},

		{Name: "leave-ask", Method: get, Path: leavePath, Handle: s.askLeave},
		{Name: "leave", Method: post, Path: leavePath, Handle: s.leave},

		{Name: "audit", Method: get, Path: auditPath, Permission: enrolld.PermAudit, EveryProduct: true, Handle: s.audit},
		{Name: "audit-export", Method: get, Path: auditPath + ".csv", Permission: enrolld.PermAudit, EveryProduct: true, Download: true, Handle: s.auditCSV},
	}
	for i := range routes {
		routes[i].Access, routes[i].Path = gate.Member, "/a/{account}"+routes[i].Path
	}
	return routes
}

// client is the client account that the request is in.
func client(r *gate.Request) enrolld.Account { return r.Membership.Account }
