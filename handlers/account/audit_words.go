package account

import (
	"strings"

	"enrolld/handlers/page"
)

// actionWords says what each action of the audit log was, after the name of who
// did it: "Maya Lind | signed in".
var actionWords = map[string]string{
	"ground.given":     "gave a course that had another reason already, or has not begun",
	"ground.withdrawn": "took back one reason for a course, among others",
	"access.changed":   "changed until when a course is open",
	"access.granted":   "opened a course",
	"access.removed":   "closed a course that was open without a reason",
	"access.restored":  "opened a course again that should have been open",
	"access.revoked":   "closed a course",

	"account.entered":       "entered the account",
	"account.profile":       "changed the account's profile",
	"account.second_factor": "changed of whom a second factor is required",
	"account.sub_account":   "created a sub-account",

	"customer.login_as":         "asked to log in as a customer",
	"customer.login_as_ended":   "stopped being logged in as a customer",
	"customer.login_as_refused": "was not let in as a customer",
	"customer.login_as_taken":   "logged in as a customer",
	"customer.mail_resumed":     "let mail go again to an address that bounced",
	"customer.resubscribed":     "subscribed again",
	"customer.unsubscribed":     "unsubscribed",
	"customer.address_added":    "added an address of a customer",
	"customer.address_removed":  "removed an address of a customer",
	"customer.changed":          "changed a customer’s profile",
	"customer.merged":           "merged two customers",
	"customer.unmerged":         "undid the merge of two customers",
	"customer.link_sent":        "sent a customer a link to set a password",

	"bulk.cancelled": "stopped a bulk action",
	"bulk.done":      "did something with many customers",
	"bulk.started":   "started a bulk action",
	"bulk.undo":      "began to undo a bulk action",
	"bulk.undone":    "undid a bulk action",

	"emails.settings": "changed which emails members get",
	"emails.template": "changed the text of an email",
	"emails.standard": "took the standard text of an email again",

	"import.cancelled":    "cancelled an import",
	"import.discarded":    "discarded a list that was uploaded",
	"import.done":         "imported a list of customers",
	"import.paused":       "paused an import",
	"import.resumed":      "resumed an import",
	"import.started":      "started an import",
	"import.undo":         "asked to undo an import",
	"import.undone":       "undid an import",
	"import.uploaded":     "uploaded a list of customers",
	"customer.blocked":    "blocked a customer",
	"customer.erased":     "erased a customer",
	"customer.exported":   "downloaded what is held of a customer",
	"customer.removed":    "removed a customer from the academy",
	"customer.taken_back": "took back a customer who was removed",
	"customer.unblocked":  "unblocked a customer",

	"invitation.accepted": "accepted an invitation",
	"invitation.expired":  "let an invitation expire",
	"invitation.removed":  "took an invitation back",
	"invitation.resent":   "sent an invitation again",
	"invitation.sent":     "sent an invitation",

	"login.added":                  "added a login",
	"login.code_used":              "used a recovery code",
	"login.codes_made":             "made new recovery codes",
	"login.created":                "created a login",
	"login.email_change_confirmed": "confirmed a change of address",
	"login.email_change_requested": "asked to change the address",
	"login.email_changed":          "changed the address",
	"login.factor_added":           "added a second factor",
	"login.factor_removed":         "removed a second factor",
	"login.factor_reset":           "removed all second factors of a login",
	"login.failed":                 "failed to sign in",
	"login.link_made":              "made a link to set a password",
	"login.passkey_renamed":        "renamed a passkey",
	"login.password_changed":       "changed the password",
	"login.password_reset":         "set a new password by a link",
	"login.profile_changed":        "changed the profile",
	"login.reset_requested":        "asked for a link to set a new password",
	"login.session_ended":          "ended a session",
	"login.sessions_ended":         "ended all other sessions",
	"login.signed_in":              "signed in",
	"login.signed_out":             "signed out",

	"member.added":          "added a user",
	"member.deactivated":    "deactivated a user",
	"member.factor_reset":   "reset a user's second factor",
	"member.left":           "left the account",
	"member.made_by_hand":   "made a login by hand",
	"member.reactivated":    "reactivated a user",
	"member.removed":        "removed a user",
	"member.sessions_ended": "ended a user's sessions",
	"member.terms":          "changed what a user may do",
	"member.topics":         "chose which mail to get",

	"message.resent": "sent an email again",

	"order.refund": "asked for a refund",

	"product.forgotten": "deleted a product",
	"product.rule":      "changed what a product gives",

	"transfer.accepted":  "accepted the ownership",
	"transfer.declined":  "declined the ownership",
	"transfer.offered":   "offered the ownership",
	"transfer.withdrawn": "took the offer of the ownership back",
}

// sentenceOf says an action in words; one that we have none for as it is.
func sentenceOf(action string) string {
	if words, ok := actionWords[action]; ok {
		return words
	}
	return action
}

// group is a choice in the filter: the actions that begin with prefix.
type group struct{ prefix, title string }

var groups = []group{
	{"access.", "Access to courses"},
	{"ground.", "Reasons for access"},
	{"account.", "The account and its settings"},
	{"bulk.", "Bulk actions"},
	{"customer.", "Customers"},
	{"emails.", "Texts of emails to members"},
	{"import.", "Imports"},
	{"message.", "Emails to members"},
	{"invitation.", "Invitations"},
	{"login.", "Logins"},
	{"member.", "Users and what they may do"},
	{"order.", "Orders"},
	{"transfer.", "Ownership"},
	{"product.", "Products"},
}

func groupOptions() []page.Option {
	out := make([]page.Option, len(groups))
	for i, g := range groups {
		out[i] = page.Option{Value: g.prefix, Label: g.title}
	}
	return out
}

func groupTitle(prefix string) string {
	for _, g := range groups {
		if g.prefix == prefix {
			return strings.ToLower(g.title[:1]) + g.title[1:]
		}
	}
	return prefix
}

// programs are those that act by themselves.
var programs = map[string]string{
	"delivery":  "A delivery",
	"clock":     "The clock",
	"command":   "The command line",
	"reconcile": "The check of what is stored",
	"customer":  "The customer",
}

func programName(actor string) string {
	if name, ok := programs[actor]; ok {
		return name
	}
	return actor
}
