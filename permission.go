package enrolld

import "slices"

// Permission is the key of something that a member may do in an account. What
// exists is in Permissions; a route names the permission that guards it.
type Permission string

// The permissions.
const (
	PermProfile      Permission = "account.profile"
	PermIntegrations Permission = "account.integrations"
	PermContacts     Permission = "contacts.manage"
	PermDomainsView  Permission = "domains.view"
	PermDomains      Permission = "domains.manage"

	PermProductsView Permission = "products.view"
	PermCouponsView  Permission = "coupons.view"
	PermCoupons      Permission = "coupons.manage"

	PermCustomersSearch Permission = "customers.search"
	PermCustomersBrowse Permission = "customers.browse"
	PermPasswords       Permission = "customers.passwords"
	PermLogInAs         Permission = "customers.login_as"
	PermEmails          Permission = "emails.view"
	PermTemplates       Permission = "emails.templates"

	PermStatistics Permission = "statistics.view"
	PermAffiliates Permission = "affiliates.manage"

	PermOrders   Permission = "orders.place"
	PermInvoices Permission = "invoices.pay"
	PermQuotes   Permission = "quotes.accept"
	PermTickets  Permission = "tickets.manage"

	PermUsers   Permission = "users.manage"
	PermAudit   Permission = "audit.view"
	PermPricing Permission = "pricing.manage"
	PermPayment Permission = "payment.manage"
)

// PermissionInfo is one line of the catalogue.
type PermissionInfo struct {
	Key    Permission
	Group  string // the heading that it stands under in a form
	Title  string // what it lets somebody do, in their words
	Guards string // what it opens, a sentence
	// AdminOnly: type User can never hold it.
	AdminOnly bool
	// Ready: what it guards exists. One that is not is never offered in a form, and
	// cannot be granted.
	Ready bool
}

// permissions is the catalogue, in the order of forms: rows T2, A3 and P2 of the
// requirements, and the audit log's own.
var permissions = []PermissionInfo{
	{PermProfile, "Account", "Change the account's profile", "The account's name, sender and links to set a password.", false, true},
	{PermIntegrations, "Account", "Change account-wide settings", "Integrations and webhooks.", false, false},
	{PermContacts, "Account", "View and manage contacts", "Whom to ask about what.", false, false},
	{PermDomainsView, "Account", "View domains", "The site's domains and whether they are verified.", false, false},
	{PermDomains, "Account", "Manage domains", "Adding, verifying and removing domains.", false, false},

	{PermProductsView, "Products", "View products", "What is sold, and which courses it gives.", false, true},
	{PermCouponsView, "Products", "View coupons, copy codes and addresses", "The list of coupons.", false, false},
	{PermCoupons, "Products", "Create, edit and delete coupons", "Coupons of the products that the person may use.", false, false},

	{
		PermCustomersSearch, "Customers", "Find customers by search",
		"Details, refunds and subscriptions of a customer that was searched for by name or email.", false, true,
	},
	{PermCustomersBrowse, "Customers", "Browse all customers", "The list of customers, its filters and exports; adding them and changing their access.", false, true},
	{PermPasswords, "Customers", "Help members with passwords", "Sending a link to set a password.", false, true},
	{PermLogInAs, "Customers", "Log in as a customer", "Seeing the site as a member does.", false, true},
	{PermEmails, "Customers", "View emails", "Which mail went to whom, what it said, and what the server answered.", false, true},
	{PermTemplates, "Customers", "Edit emails to members", "What mail to members says, and which of it is sent.", false, true},

	{PermStatistics, "Money", "View statistics and sales tax", "Live statistics, financial data and tax reports.", false, false},
	{PermAffiliates, "Money", "View and manage affiliates", "Commissions, statements and withdrawals.", false, false},
	{PermOrders, "Money", "Place orders, upgrades and cancellations", "Orders for the account itself.", false, false},
	{PermInvoices, "Money", "View and pay invoices", "The account's own invoices.", true, false},
	{PermQuotes, "Money", "View and accept quotes", "Quotes made for the account.", false, false},
	{PermTickets, "Support", "View and open support tickets", "Questions to us and their answers.", false, false},

	{PermUsers, "Administration", "Manage users", "Invitations, rights, logins and sub-accounts.", true, true},
	{PermAudit, "Administration", "View the audit log", "Who did what, when and from where.", true, true},
	{PermPricing, "Administration", "Manage pricing", "Plans and prices.", true, false},
	{PermPayment, "Administration", "Manage payment", "Payment details of the account.", true, false},
}

// Permissions is the whole catalogue, in the order of forms.
func Permissions() []PermissionInfo { return slices.Clone(permissions) }

// Info finds a permission in the catalogue.
func (p Permission) Info() (PermissionInfo, bool) {
	i := slices.IndexFunc(permissions, func(x PermissionInfo) bool { return x.Key == p })
	if i < 0 {
		return PermissionInfo{}, false
	}
	return permissions[i], true
}

// Holdable lists what may be granted to a type today: ready, and not for admins
// only when the type is User.
func (t MemberType) Holdable() []PermissionInfo {
	var out []PermissionInfo
	for _, p := range permissions {
		if p.Ready && (!p.AdminOnly || t != TypeUser) {
			out = append(out, p)
		}
	}
	return out
}

func (t MemberType) mayHold(p Permission) bool {
	info, ok := p.Info()
	return ok && (!info.AdminOnly || t == TypeOwner || t == TypeAdmin)
}
