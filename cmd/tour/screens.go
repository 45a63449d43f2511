package tour

import (
	"context"
	"fmt"

	"github.com/chromedp/chromedp"

	"enrolld/handlers/gate"
)

// Screen is one screen as one visitor sees it.
type Screen struct {
	Name string // as a file is named: lower case, dashes
	Who  Visitor
	Path string
	// Phone: only on a phone there is something to see.
	Phone bool
	// Floats: something lies over the page, where the window is.
	Floats bool

	then func(tab context.Context) error // done there first; nil: nothing
}

// Screens lists every screen, in the order of the tour: what one leaves behind, the
// next may show.
func (o *Office) Screens() []Screen {
	var out []Screen
	for _, list := range []struct {
		who     Visitor
		screens []Screen
	}{
		{Stranger, o.doors()},
		{Halfway, []Screen{{Name: "sign-in-code", Path: "/sign-in/code"}, {Name: "sign-in-recovery", Path: "/sign-in/recovery"}}},
		{Newcomer, []Screen{{Name: "me-first-password", Path: "/me/password"}}},
		{Owing, []Screen{{Name: "me-second-factor-owed", Path: "/me/second-factor"}}},
		{Helper, o.helpersView()},
		{Owner, o.accountScreens()},
		{Owner, o.userScreens()},
		{Owner, o.productScreens()},
		{Owner, o.customerScreens()},
		{Owner, o.emailScreens()},
		{Owner, o.importScreens()},
		{Owner, o.bulkScreens()},
		{Owner, o.ownScreens()},
	} {
		for _, s := range list.screens {
			s.Who = list.who
			out = append(out, s)
		}
	}
	return out
}

// at is an address below the academy's account.
func (o *Office) at(below string, args ...any) string {
	return gate.AccountPath(o.Account.ID) + fmt.Sprintf(below, args...)
}

// doors are what strangers see.
func (o *Office) doors() []Screen {
	return []Screen{
		{Name: "sign-in", Path: "/sign-in"},
		{Name: "sign-in-wrong", Path: "/sign-in", then: submits("Sign in", "login", "maya", "password", "not this one")},
		{Name: "forgot", Path: "/forgot"},
		{Name: "forgot-sent", Path: "/forgot", then: submits("Send the link", "login", "somebody@example.org")},
		{Name: "reset", Path: o.links["reset"]},
		{Name: "reset-wrong", Path: o.links["reset"], then: submits("Save the password", "password", "short")},
		{Name: "reset-dead", Path: "/reset/no-such-token"},
		{Name: "set-password", Path: o.links["first"]},
		{Name: "email-confirm", Path: o.links["email"]},
		{Name: "unsubscribe", Path: o.links["unsubscribe"]},
		{Name: "unsubscribed", Path: o.links["unsubscribe"], then: submits("Stop these emails")},
		{Name: "invitation-new", Path: o.links[invitedNew]},
		{Name: "invitation-existing", Path: o.links[invitedExisting]},
		{Name: "invitation-expired", Path: o.links[invitedExpired]},
		{Name: "invitation-removed", Path: o.links[invitedRemoved]},
		{Name: "not-found", Path: "/nothing/is/here"},
	}
}

// helpersView is what somebody sees who may do little.
func (o *Office) helpersView() []Screen {
	return []Screen{
		{Name: "overview-helper", Path: o.at("")},
		{Name: "leave", Path: o.at("/settings/leave")},
		{Name: "forbidden", Path: o.at("/settings/users")},
		{Name: "invitation-switch", Path: o.links[invitedNew]},
	}
}

func (o *Office) accountScreens() []Screen {
	guild := gate.AccountPath(o.Guild.ID)
	return []Screen{
		{Name: "accounts", Path: "/accounts"},
		{Name: "overview", Path: o.at("")},
		{Name: "switcher", Path: o.at(""), then: opens("details.switcher > summary", "details.switcher[open]"), Floats: true},
		{Name: "person-menu", Path: o.at(""), then: opens("details.person > summary", "details.person[open]"), Floats: true},
		{Name: "drawer", Path: o.at("") + "#nav", Phone: true, Floats: true},
		{Name: "overview-guild", Path: guild},
		{Name: "overview-silent", Path: gate.AccountPath(o.ids["sub"])},
		{Name: "ownership-offered", Path: guild + "/ownership"},
		{Name: "account-profile", Path: o.at("/settings")},
		{Name: "account-profile-wrong", Path: o.at("/settings"), then: submits("Save", "name", " ", "from_address", "nobody")},
		{Name: "sub-accounts", Path: o.at("/settings/sub-accounts")},
		{Name: "sub-account-new", Path: o.at("/settings/sub-accounts/new")},
		{Name: "sub-account-rename", Path: o.at("/settings/sub-accounts/%d/rename", o.ids["sub"])},
		{Name: "account-security", Path: o.at("/settings/security")},
		{Name: "account-security-relax", Path: o.at("/settings/security/take-back")},
		{Name: "ownership", Path: o.at("/settings/ownership")},
		{Name: "ownership-ask", Path: o.at("/settings/ownership/%d", o.ids["priya"])},
		{Name: "audit", Path: o.at("/settings/audit")},
		{Name: "audit-filtered", Path: o.at("/settings/audit?who=priya")},
		{Name: "audit-none", Path: o.at("/settings/audit?who=nobody-of-that-name")},
		{Name: "leave-owner", Path: o.at("/settings/leave")},
		{Name: "not-found-framed", Path: o.at("/settings/users/999999")},
	}
}

func (o *Office) userScreens() []Screen {
	priya, grace := o.at("/settings/users/%d", o.ids["priya"]), o.at("/settings/users/%d", o.ids["grace"])
	invite := o.at("/settings/users/invite")
	return []Screen{
		{Name: "users", Path: o.at("/settings/users")},
		{Name: "users-invitations", Path: o.at("/settings/users/invitations")},
		{Name: "users-deactivated", Path: o.at("/settings/users/deactivated")},
		{Name: "invitation-remove", Path: o.at("/settings/users/invitations/%d/remove", o.ids["invitation"])},
		{Name: "user", Path: priya},
		{Name: "user-dialog", Path: priya, then: opens("main .rows a[data-dialog]", "dialog[open]"), Floats: true},
		{Name: "user-limited", Path: o.at("/settings/users/%d", o.ids["tomas"])},
		{Name: "user-deactivated", Path: grace},
		{Name: "user-rights", Path: o.at("/settings/users/%d/rights", o.ids["tomas"])},
		{Name: "user-deactivate", Path: priya + "/deactivate"},
		{Name: "user-reactivate", Path: grace + "/reactivate"},
		{Name: "user-remove", Path: priya + "/remove"},
		{Name: "user-factor-reset", Path: priya + "/second-factor/reset"},
		{Name: "user-sessions-end", Path: priya + "/sessions/end"},
		{Name: "invite", Path: invite},
		{Name: "invite-wrong", Path: invite, then: submits("Send invitations", "until", "2020-01-01")},
		{Name: "user-new", Path: o.at("/settings/users/new")},
		{Name: "user-new-wrong", Path: o.at("/settings/users/new"), then: submits("Create login", "email", "sam@inkandwash.example", "password", "maya")},
		{Name: "invite-outcome", Path: invite, then: o.invites},
	}
}

func (o *Office) productScreens() []Screen {
	known, waiting := o.at("/products/%d", o.ids["product product-12"]), o.at("/products/%d", o.ids["product winter-retreat"])
	return []Screen{
		{Name: "products", Path: o.at("/products")},
		{Name: "products-none", Path: o.at("/products?q=no+such+product")},
		{Name: "product", Path: known},
		{Name: "product-waiting", Path: waiting},
		{Name: "product-edit", Path: known + "/edit"},
		{Name: "product-delete", Path: o.at("/products/%d/delete", o.ids["product prod_gift"])},
	}
}

func (o *Office) customerScreens() []Screen {
	ann := o.at("/customers/%d", o.ids["ann"])
	return []Screen{
		{Name: "customers", Path: o.at("/customers")},
		{Name: "customers-search", Path: o.at("/customers?q=cl")},
		{Name: "customers-none", Path: o.at("/customers?q=nobody-of-that-name")},
		{Name: "customer", Path: ann},
		{Name: "customer-access", Path: ann + "/access"},
		{Name: "customer-log-in-as", Path: ann + "/log-in-as"},
		{Name: "customer-log-in-as-wrong", Path: ann + "/log-in-as", then: submits("Log in", "reason", " ")},
		{Name: "customer-bounces", Path: o.at("/customers/%d", o.ids["ben"])},
		{Name: "customer-mail", Path: o.at("/customers/%d/mail", o.ids["ben"])},
		{Name: "customer-profile", Path: ann + "/profile"},
		{Name: "customer-profile-taken", Path: ann + "/profile", then: submits("Save profile", "email", "ben.okafor@example.org")},
		{Name: "customer-addresses", Path: ann + "/addresses"},
		{Name: "customer-address-remove", Path: ann + fmt.Sprintf("/addresses/%d/remove", o.ids["address"])},
		{Name: "customer-merge-other", Path: ann + "/merge"},
		{Name: "customer-merge", Path: ann + fmt.Sprintf("/merge/%d", o.ids["ben"])},
		{Name: "customer-unmerge", Path: ann + fmt.Sprintf("/merges/%d/undo", o.ids["merge"])},
		{Name: "customers-blocked", Path: o.at("/customers?access=blocked")},
		{Name: "customer-blocked", Path: o.at("/customers/%d", o.ids["block"])},
		{Name: "customer-removed", Path: o.at("/customers/%d", o.ids["remove"])},
		{Name: "customer-block", Path: ann + "/block"},
		{Name: "customer-block-wrong", Path: ann + "/block", then: submits("Block")},
		{Name: "customer-unblock", Path: o.at("/customers/%d/unblock", o.ids["block"])},
		{Name: "customer-remove", Path: ann + "/remove"},
		{Name: "customer-take-back", Path: o.at("/customers/%d/take-back", o.ids["remove"])},
		{Name: "customer-erase", Path: ann + "/erase"},
		{Name: "customer-erase-wrong", Path: ann + "/erase", then: submits("Erase for good", "email", "somebody@example.org")},
		{Name: "customer-new", Path: o.at("/customers/new")},
		{Name: "customers-find", Path: o.at("/customers/find")},
		{Name: "customers-found", Path: o.at("/customers/find"), then: submits("Search", "who", "Ann O'Neil")},
		{Name: "customer-found", Path: o.at("/customers/found/%d", o.ids["ann"])},
	}
}

func (o *Office) importScreens() []Screen {
	at := func(file, more string) string { return o.at("/imports/%d%s", o.ids["import "+file], more) }
	return []Screen{
		{Name: "imports", Path: o.at("/imports")},
		{Name: "import-new", Path: o.at("/imports/new")},
		{Name: "import-new-wrong", Path: o.at("/imports/new"), then: submits("Use this list", "list", "Ann Lee and Ben, no addresses")},
		{Name: "import-draft", Path: at("newsletter.csv", "")},
		{Name: "import-edit", Path: at("members-2026.csv", "/edit")},
		{Name: "import-ready", Path: at("members-2026.csv", "")},
		{Name: "import-same", Path: at("workshop-2025 (1).csv", "")},
		{Name: "import-discard", Path: at("members-2026.csv", "/cancel")},
		{Name: "import-running", Path: at("kickstarter-backers.csv", "")},
		{Name: "import-cancel", Path: at("kickstarter-backers.csv", "/cancel")},
		{Name: "import-done", Path: at("workshop-2025.csv", "")},
		{Name: "import-rows", Path: at("workshop-2025.csv", "/rows?verdict=invalid")},
		{Name: "import-undo", Path: at("workshop-2025.csv", "/undo")},
		{Name: "import-undone", Path: at("old-forum.csv", "?bucket=kept")},
		{Name: "customers-imported", Path: o.at("/customers?import=%d", o.ids["import workshop-2025.csv"])},
	}
}

func (o *Office) bulkScreens() []Screen {
	bulk := func(name string) string { return o.at("/customers/bulk/%d", o.ids["bulk "+name]) }
	mail := o.at("/customers/%d/emails/%d", o.ids["ann"], o.ids["mail"])
	return []Screen{
		{Name: "bulks", Path: o.at("/customers/bulk")},
		{Name: "bulk-choose", Path: bulk("choosing")},
		{Name: "bulk-give", Path: bulk("choosing") + "?do=give"},
		{Name: "bulk-extend-wrong", Path: bulk("choosing") + "?do=extend", then: submits("Show what would happen", "until", "2020-01-01")},
		{Name: "bulk-preview", Path: bulk("ready")},
		{Name: "bulk-progress", Path: bulk("running")},
		{Name: "bulk-cancel", Path: bulk("running") + "/cancel"},
		{Name: "bulk-result", Path: bulk("done")},
		{Name: "bulk-undo", Path: bulk("done") + "/undo"},
		{Name: "emails", Path: o.at("/emails")},
		{Name: "emails-none", Path: o.at("/emails?state=dead")},
		{Name: "email", Path: mail},
		{Name: "email-again", Path: mail + "/again"},
		{Name: "customer-password", Path: o.at("/customers/%d/password", o.ids["ann"])},
	}
}

func (o *Office) ownScreens() []Screen {
	key := fmt.Sprintf("/me/passkeys/%d", o.ids["passkey"])
	return []Screen{
		{Name: "me", Path: "/me"},
		{Name: "me-wrong", Path: "/me", then: submits("Save the profile", "name", " ", "postal_code", "12")},
		{Name: "me-email", Path: "/me/email"},
		{Name: "me-email-asked", Path: "/me/email", then: submits("Send both links", "email", "maya.lind@inkandwash.example")},
		{Name: "me-emails", Path: "/me/emails"},
		{Name: "me-security", Path: "/me/security"},
		{Name: "me-sessions", Path: "/me/sessions"},
		{Name: "me-password", Path: "/me/password"},
		{Name: "me-second-factor", Path: "/me/second-factor"},
		{Name: "me-app", Path: "/me/second-factor/app"},
		{Name: "me-app-remove", Path: "/me/second-factor/app/remove"},
		{Name: "me-passkey", Path: key},
		{Name: "me-passkey-remove", Path: key + "/remove"},
		{Name: "me-recovery-codes", Path: "/me/recovery-codes"},
		{Name: "me-recovery-codes-shown", Path: "/me/recovery-codes", then: submits("Make new codes")},
		{Name: "confirm", Path: "/sign-in/confirm"},
	}
}

// submits presses a button after the fields were filled in, in pairs of name and
// text.
func submits(verb string, fields ...string) func(context.Context) error {
	return func(tab context.Context) error { return submit(tab, verb, fields...) }
}

// opens presses something and waits for what it opens.
func opens(button, opened chromedp.CSS) func(context.Context) error {
	return func(tab context.Context) error {
		return chromedp.Do(tab, chromedp.Click(button, chromedp.NodeVisible), chromedp.WaitVisible(opened))
	}
}

// invites pastes addresses of which some are left out.
func (o *Office) invites(tab context.Context) error {
	if err := chromedp.Do(tab, chromedp.Click(chromedp.CSS(`[name=rights][value=all]`), chromedp.NodeVisible)); err != nil {
		return err
	}
	return submit(tab, "Send invitations", "emails", "Ida Berg <ida.berg@example.org>\nleo@example.org\n"+o.Helper.Email+
		"\nquick@mailinator.com\nno address at all\n"+invitedNew)
}
