package handlers

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"enrolld/handlers/gate"
)

// whoMay is the map of the admin once more, by hand: whom each screen is for. A
// route that is not in it, or is for somebody else, fails the test. "fresh" asks
// for a new proof of who one is.
var whoMay = map[string]string{
	"GET /":                           "anyone",
	"GET /a/{account}":                "member",
	"GET /a/{account}/customers":      "member customers.browse",
	"GET /a/{account}/customers.csv":  "member customers.browse",
	"GET /a/{account}/customers/find": "member customers.search",
	"GET /a/{account}/customers/found/{customer:[0-9]+}":              "member customers.search",
	"GET /a/{account}/customers/new":                                  "member customers.browse",
	"GET /a/{account}/customers/{customer:[0-9]+}":                    "member customers.browse",
	"GET /a/{account}/customers/{customer:[0-9]+}/access":             "member customers.browse",
	"GET /a/{account}/customers/{customer:[0-9]+}/log-in-as":          "member customers.login_as fresh",
	"GET /a/{account}/customers/{customer:[0-9]+}/mail":               "member customers.browse every product",
	"GET /a/{account}/emails/templates":                               "member emails.templates every product",
	"GET /a/{account}/emails/templates/edit":                          "member emails.templates every product",
	"GET /a/{account}/emails/templates/preview":                       "member emails.templates every product",
	"GET /a/{account}/emails/templates/reset":                         "member emails.templates every product",
	"GET /a/{account}/imports":                                        "member customers.browse every product",
	"GET /a/{account}/imports/new":                                    "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}":                        "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/cancel":                 "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/edit":                   "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/events":                 "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/rejects.csv":            "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/rows":                   "member customers.browse every product",
	"GET /a/{account}/imports/{import:[0-9]+}/undo":                   "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/block":              "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/erase":              "member customers.browse every product fresh",
	"GET /a/{account}/customers/{customer:[0-9]+}/remove":             "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/take-back":          "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/unblock":            "member customers.browse every product",
	"GET /a/{account}/ownership":                                      "member fresh",
	"GET /a/{account}/products":                                       "member products.view",
	"GET /a/{account}/products/{product}":                             "member products.view",
	"GET /a/{account}/products/{product}/delete":                      "member products.view delete",
	"GET /a/{account}/products/{product}/edit":                        "member products.view edit",
	"GET /a/{account}/settings":                                       "member account.profile",
	"GET /a/{account}/settings/audit":                                 "member audit.view every product",
	"GET /a/{account}/settings/audit.csv":                             "member audit.view every product",
	"GET /a/{account}/settings/leave":                                 "member",
	"GET /a/{account}/settings/ownership":                             "member owner fresh",
	"GET /a/{account}/settings/ownership/{member:[0-9]+}":             "member owner fresh",
	"GET /a/{account}/settings/security":                              "member owner",
	"GET /a/{account}/settings/security/take-back":                    "member owner fresh",
	"GET /a/{account}/settings/sub-accounts":                          "member users.manage",
	"GET /a/{account}/settings/sub-accounts/new":                      "member users.manage",
	"GET /a/{account}/settings/sub-accounts/{sub}/rename":             "member users.manage",
	"GET /a/{account}/settings/users":                                 "member users.manage",
	"GET /a/{account}/settings/users/deactivated":                     "member users.manage",
	"GET /a/{account}/settings/users/invitations":                     "member users.manage",
	"GET /a/{account}/settings/users/invitations/{invitation}/remove": "member users.manage",
	"GET /a/{account}/settings/users/invite":                          "member users.manage",
	"GET /a/{account}/settings/users/new":                             "member users.manage",
	"GET /a/{account}/settings/users/{member}":                        "member users.manage",
	"GET /a/{account}/settings/users/{member}/deactivate":             "member users.manage",
	"GET /a/{account}/settings/users/{member}/reactivate":             "member users.manage",
	"GET /a/{account}/settings/users/{member}/remove":                 "member users.manage",
	"GET /a/{account}/settings/users/{member}/rights":                 "member users.manage",
	"GET /a/{account}/settings/users/{member}/second-factor/reset":    "member users.manage fresh",
	"GET /a/{account}/settings/users/{member}/sessions/end":           "member users.manage",
	"GET /accounts":                     "person",
	"GET /email/{token}":                "anyone",
	"GET /forgot":                       "anyone",
	"GET /invitations/{token}":          "anyone",
	"GET /me":                           "person",
	"GET /me/email":                     "person fresh",
	"GET /me/emails":                    "person",
	"GET /me/passkeys/{passkey}":        "person",
	"GET /me/passkeys/{passkey}/remove": "person fresh",
	"GET /me/password":                  "partial",
	"GET /me/recovery-codes":            "partial fresh",
	"GET /me/second-factor":             "partial",
	"GET /me/second-factor/app":         "partial fresh",
	"GET /me/second-factor/app/remove":  "person fresh",
	"GET /me/security":                  "person",
	"GET /me/sessions":                  "person",
	"GET /reset/{token}":                "anyone",
	"GET /set-password/{token}":         "anyone",
	"GET /sign-in":                      "anyone",
	"GET /sign-in/code":                 "anyone",
	"GET /sign-in/confirm":              "partial",
	"GET /sign-in/recovery":             "anyone",
	"GET /unsubscribe/{token}":          "anyone",
	"POST /a/{account}/customers/find":  "member customers.search",
	"POST /a/{account}/customers/new":   "member customers.browse",
	"POST /a/{account}/customers/{customer:[0-9]+}/access":             "member customers.browse",
	"POST /a/{account}/customers/{customer:[0-9]+}/log-in-as":          "member customers.login_as fresh",
	"POST /a/{account}/customers/{customer:[0-9]+}/visits/{entry}/end": "member customers.login_as",
	"POST /a/{account}/customers/{customer:[0-9]+}/mail":               "member customers.browse every product",
	"POST /a/{account}/emails/templates":                               "member emails.templates every product",
	"POST /a/{account}/emails/templates/edit":                          "member emails.templates every product",
	"POST /a/{account}/emails/templates/preview":                       "member emails.templates every product",
	"POST /a/{account}/emails/templates/reset":                         "member emails.templates every product",
	"POST /a/{account}/emails/templates/test":                          "member emails.templates every product",
	"POST /a/{account}/imports/new":                                    "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/cancel":                 "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/check":                  "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/edit":                   "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/pause":                  "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/resume":                 "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/start":                  "member customers.browse every product",
	"POST /a/{account}/imports/{import:[0-9]+}/undo":                   "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/block":              "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/erase":              "member customers.browse every product fresh",
	"POST /a/{account}/customers/{customer:[0-9]+}/remove":             "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/take-back":          "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/unblock":            "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/export":             "member customers.browse every product fresh",
	"POST /a/{account}/ownership":                                      "member fresh",
	"POST /a/{account}/products/{product}/delete":                      "member products.view delete",
	"POST /a/{account}/products/{product}/edit":                        "member products.view edit",
	"POST /a/{account}/settings":                                       "member account.profile",
	"POST /a/{account}/settings/leave":                                 "member",
	"POST /a/{account}/settings/ownership/withdraw":                    "member owner fresh",
	"POST /a/{account}/settings/ownership/{member:[0-9]+}":             "member owner fresh",
	"POST /a/{account}/settings/security":                              "member owner fresh",
	"POST /a/{account}/settings/security/take-back":                    "member owner fresh",
	"POST /a/{account}/settings/sub-accounts/new":                      "member users.manage",
	"POST /a/{account}/settings/sub-accounts/{sub}/rename":             "member users.manage",
	"POST /a/{account}/settings/users/invitations/resend":              "member users.manage",
	"POST /a/{account}/settings/users/invitations/{invitation}/remove": "member users.manage",
	"POST /a/{account}/settings/users/invitations/{invitation}/resend": "member users.manage",
	"POST /a/{account}/settings/users/invite":                          "member users.manage",
	"POST /a/{account}/settings/users/new":                             "member users.manage",
	"POST /a/{account}/settings/users/{member}/deactivate":             "member users.manage",
	"POST /a/{account}/settings/users/{member}/reactivate":             "member users.manage",
	"POST /a/{account}/settings/users/{member}/remove":                 "member users.manage",
	"POST /a/{account}/settings/users/{member}/rights":                 "member users.manage",
	"POST /a/{account}/settings/users/{member}/second-factor/reset":    "member users.manage fresh",
	"POST /a/{account}/settings/users/{member}/sessions/end":           "member users.manage",
	"POST /email/{token}":                                              "anyone",
	"POST /forgot":                                                     "anyone",
	"POST /invitations/{token}/create":                                 "anyone",
	"POST /invitations/{token}/join":                                   "person",
	"POST /me":                                                         "person",
	"POST /me/email":                                                   "person fresh",
	"POST /me/emails":                                                  "person",
	"POST /me/passkeys/begin":                                          "partial fresh",
	"POST /me/passkeys/finish":                                         "partial fresh",
	"POST /me/passkeys/{passkey}":                                      "person",
	"POST /me/passkeys/{passkey}/remove":                               "person fresh",
	"POST /me/password":                                                "partial",
	"POST /me/recovery-codes":                                          "partial fresh",
	"POST /me/recovery-codes/download":                                 "partial fresh",
	"POST /me/recovery-codes/kept":                                     "partial",
	"POST /me/second-factor/app":                                       "partial fresh",
	"POST /me/second-factor/app/remove":                                "person fresh",
	"POST /me/sessions/end-others":                                     "person",
	"POST /me/sessions/{session}/end":                                  "person",
	"POST /reset/{token}":                                              "anyone",
	"POST /set-password/{token}":                                       "anyone",
	"POST /sign-in":                                                    "anyone",
	"POST /sign-in/code":                                               "anyone",
	"POST /sign-in/confirm":                                            "partial",
	"POST /sign-in/passkey":                                            "anyone",
	"POST /sign-in/passkey/finish":                                     "anyone",
	"POST /sign-in/recovery":                                           "anyone",
	"POST /sign-out":                                                   "anyone",
	"POST /unsubscribe/{token}":                                        "anyone",

	"GET /a/{account}/customers/{customer:[0-9]+}/addresses":                          "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/addresses/{address:[0-9]+}/remove":  "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/merge":                              "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/merge/{other:[0-9]+}":               "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/merges/{merge:[0-9]+}/undo":         "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/profile":                            "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/addresses":                         "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/addresses/{address:[0-9]+}/remove": "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/merge":                             "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/merge/{other:[0-9]+}":              "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/merges/{merge:[0-9]+}/undo":        "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/profile":                           "member customers.browse every product",

	"GET /a/{account}/customers/bulk":                                             "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}":                               "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}/cancel":                        "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}/result.csv":                    "member customers.browse every product",
	"GET /a/{account}/customers/bulk/{bulk:[0-9]+}/undo":                          "member customers.browse every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/emails/{message:[0-9]+}":        "member emails.view every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/emails/{message:[0-9]+}/again":  "member emails.view every product",
	"GET /a/{account}/customers/{customer:[0-9]+}/password":                       "member customers.passwords",
	"GET /a/{account}/emails":                                                     "member emails.view every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}":                              "member customers.browse every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}/cancel":                       "member customers.browse every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}/start":                        "member customers.browse every product",
	"POST /a/{account}/customers/bulk/{bulk:[0-9]+}/undo":                         "member customers.browse every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/emails/{message:[0-9]+}/again": "member emails.view every product",
	"POST /a/{account}/customers/{customer:[0-9]+}/password":                      "member customers.passwords",
	"POST /a/{account}/customers/select":                                          "member customers.browse",
}

func words(r gate.Route) string {
	s := string(r.Access)
	if r.OwnerOnly {
		s += " owner"
	}
	if r.Permission != "" {
		s += " " + string(r.Permission)
	}
	if r.EditProducts {
		s += " edit"
	}
	if r.DeleteProducts {
		s += " delete"
	}
	if r.EveryProduct {
		s += " every product"
	}
	if r.Fresh {
		s += " fresh"
	}
	return s
}

// TestWhoMay compares the map with the catalogue above.
func TestWhoMay(t *testing.T) {
	r := newRig(t)
	got := map[string]string{}
	for _, s := range r.screens {
		got[s.Method+" "+s.Path] = words(s)
	}
	if diff := cmp.Diff(whoMay, got); diff != "" {
		t.Errorf("whom screens are for (-want +got): a new one needs an entry in whoMay\n%s", diff)
	}
}
