package tour

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/cmd/academy"
	"enrolld/mailer/mailbox"
	"enrolld/store"
	"enrolld/store/team"
)

// Office is the academy with people at work: users of every kind, invitations in
// every state, a second client account and a sub-account, products with and
// without a rule.
type Office struct {
	*academy.Academy
	Guild enrolld.Account // another client account, whose ownership is offered to the academy's owner

	priya, jonas, lena *academy.User // an Admin; an Admin without a second factor; a User with a first password
	ids                map[string]int64
	links              map[string]string // paths with tokens
}

const patience = 30 * time.Second

// Furnish makes an office of an academy, once.
func Furnish(ctx context.Context, a *academy.Academy) (*Office, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	o := &Office{Academy: a, ids: map[string]int64{}, links: map[string]string{}}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"sell", o.sell},
		{"say who customers are", o.nameCustomers},
		{"decide about customers", o.decide},
		{"add products", o.addProducts},
		{"add the guild", o.addGuild},
		{"add a sub-account", o.addSubAccount},
		{"add users", o.addUsers},
		{"invite", o.invite},
		{"write texts", o.writeTexts},
		{"fill in the owner's own", o.fillOwn},
		{"ask for links", o.askForLinks},
		{"have mail come back", o.haveMailComeBack},
		{"set the policy", o.setPolicy},
		{"do things with many", o.addBulks},
		{"bring lists", o.bringLists},
		{"let time pass", o.age},
	} {
		if err := step.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return o, nil
}

// sell makes sales, one of a product that nobody has said anything about.
func (o *Office) sell(ctx context.Context) error {
	now := time.Now()
	ann := academy.Person{Email: "ann.oneil@example.org", First: "Ann", Last: "O'Neil"}
	cleo := academy.Person{Email: "cleo.martin@example.org", First: "Cléo", Last: "Martin"}
	for _, s := range []academy.Sale{
		academy.ThriveCart("1514394", ann, true, now),
		academy.Stripe("tour1", academy.Person{Email: "ben.okafor@example.org", First: "Ben", Last: "Okafor"}, now),
		academy.Stripe("tour2", academy.Person{Email: "dana.weiss@example.org", First: "Dana", Last: "Weiss"}, now),
		academy.Generic("A-1001", cleo, now),
		academy.GenericEvent("A-1002", map[string]any{
			"id": "A-1002", "event": "purchase", "occurred_at": now.UTC().Format(time.RFC3339), "order_id": "A-1002",
			"customer": map[string]any{"email": cleo.Email, "first_name": cleo.First, "last_name": cleo.Last},
			"items":    []any{map[string]any{"product_id": "winter-retreat", "name": "Winter Retreat", "quantity": 1, "amount": "320.00"}},
			"amount":   "320.00", "currency": "EUR",
		}),
	} {
		status, err := o.Post(ctx, s)
		if err != nil || status >= 300 {
			return fmt.Errorf("the %s sale: %d, %w", s.Platform, status, err)
		}
	}
	for range time.Tick(10 * time.Millisecond) {
		list, err := o.DB.Products(ctx, o.Account.ID)
		if err != nil {
			return err
		}
		var id *int64
		row := o.DB.Conn().QueryRowContext(ctx, `SELECT MIN(id) FROM enrolld_customers WHERE last_name = ?`, ann.Last)
		if err := row.Scan(&id); err != nil {
			return fmt.Errorf("find the buyer: %w", err)
		}
		if id != nil && slices.ContainsFunc(list, func(p enrolld.Product) bool { return p.Key == "winter-retreat" }) {
			o.ids["ann"] = *id
			return nil
		}
	}
	return nil
}

// addProducts adds what a checkout tool's catalogue lists.
func (o *Office) addProducts(ctx context.Context) error {
	_, err := o.DB.AddProducts(ctx, o.Account.ID, []enrolld.Product{
		{AccountID: o.Account.ID, Platform: "stripe", Key: "prod_gift", Name: "Gift card"},
		{AccountID: o.Account.ID, Platform: "thrivecart", Key: "product-21", Name: "Sketchbook Club, monthly"},
	})
	if err != nil {
		return err
	}
	list, err := o.DB.Products(ctx, o.Account.ID)
	if err != nil {
		return err
	}
	for _, p := range list {
		o.ids["product "+p.Key] = p.ID
	}
	for _, key := range []string{"product-12", "winter-retreat", "prod_gift"} {
		if o.ids["product "+key] == 0 {
			return fmt.Errorf("there is no product %s", key)
		}
	}
	return nil
}

// addGuild adds a client account that somebody else owns, in which the academy's
// owner is an Admin who is offered the ownership.
func (o *Office) addGuild(ctx context.Context) (err error) {
	if o.Guild, err = o.AddClient(ctx, enrolld.Account{Name: "Pottery Guild", SiteURL: "https://potteryguild.example"}); err != nil {
		return err
	}
	ruth, err := o.AddOwner(ctx, o.Guild.ID, "ruth@potteryguild.example", "Ruth Adler")
	if err != nil {
		return err
	}
	if err := o.People.AddAdmin(ctx, ruth.Actor(), o.Guild.ID, o.Owner.ID); err != nil {
		return err
	}
	members, err := o.members(ctx, o.Guild.ID)
	if err != nil {
		return err
	}
	return o.People.OfferTransfer(ctx, ruth.Actor(), o.Guild.ID, members[o.Owner.Email])
}

func (o *Office) addSubAccount(ctx context.Context) error {
	for _, name := range []string{"Ink & Wash Kids", "Ink & Wash Nordic"} {
		id, err := o.People.AddSubAccount(ctx, o.Owner.Actor(), o.Account.ID, name)
		if err != nil {
			return err
		}
		o.ids["sub"] = id
	}
	return o.fallSilent(ctx, o.ids["sub"])
}

// fallSilent leaves a checkout tool behind that sent something each day, and nothing
// for some days now.
func (o *Office) fallSilent(ctx context.Context, accountID int64) error {
	i, err := o.DB.AddIntegration(ctx, store.Integration{AccountID: accountID, Platform: "sendowl", Name: "SendOwl shop"})
	if err != nil {
		return err
	}
	var hours []store.Arrival
	for daysAgo := 9; daysAgo < 30; daysAgo++ {
		hours = append(hours, store.Arrival{IntegrationID: i.ID, Hour: time.Now().AddDate(0, 0, -daysAgo)})
	}
	return o.DB.NoteArrivals(ctx, hours)
}

// members are an account's active members by their addresses.
func (o *Office) members(ctx context.Context, accountID int64) (map[string]int64, error) {
	list, err := o.People.Members(ctx, accountID, true)
	out := make(map[string]int64, len(list))
	for _, m := range list {
		out[m.Login.Email] = m.ID
	}
	return out, err
}

// addUsers adds people of every kind.
func (o *Office) addUsers(ctx context.Context) (err error) {
	view := map[enrolld.Permission]time.Time{enrolld.PermProductsView: {}}
	some := enrolld.Scope{AllAccounts: true, Products: []int64{o.ids["product product-12"], o.ids["product prod_gift"]}, EditProducts: true}
	everything := enrolld.Scope{AllAccounts: true, AllProducts: true}
	for _, p := range []struct {
		email, name string
		terms       enrolld.Terms
		keep        **academy.User
	}{
		{"priya@inkandwash.example", "Priya Nair", enrolld.Terms{Type: enrolld.TypeAdmin, All: true, Scope: enrolld.Everything()}, &o.priya},
		{"jonas@inkandwash.example", "Jonas Weber", enrolld.Terms{Type: enrolld.TypeAdmin, Rights: map[enrolld.Permission]time.Time{
			enrolld.PermProductsView: {}, enrolld.PermAudit: {}, enrolld.PermUsers: time.Now().AddDate(0, 2, 0),
		}, Scope: enrolld.Everything()}, &o.jonas},
		{"tomas@studio-silva.example", "Tomás Silva", enrolld.Terms{Type: enrolld.TypeUser, Rights: map[enrolld.Permission]time.Time{
			enrolld.PermProductsView: time.Now().AddDate(0, 1, 0),
		}, Scope: some}, nil},
		{"grace@inkandwash.example", "Grace Hill", enrolld.Terms{Type: enrolld.TypeUser, All: true, Scope: everything}, nil},
	} {
		u, err := o.join(ctx, p.email, p.name, p.terms)
		if err != nil {
			return err
		}
		if p.keep != nil {
			*p.keep = u
		}
	}
	if err := o.GiveFactor(ctx, o.priya); err != nil {
		return err
	}
	o.lena, err = o.AddByHand(ctx, o.Owner, o.Account.ID, team.ByHand{
		Name: "Lena Novak", Username: "lena", Email: "lena@inkandwash.example", MustChange: true,
		Terms: enrolld.Terms{Type: enrolld.TypeUser, Rights: view, Scope: everything},
	})
	if err != nil {
		return err
	}
	members, err := o.members(ctx, o.Account.ID)
	if err != nil {
		return err
	}
	o.ids["priya"], o.ids["tomas"], o.ids["grace"] = members[o.priya.Email], members["tomas@studio-silva.example"], members["grace@inkandwash.example"]
	return o.People.Deactivate(ctx, o.Owner.Actor(), o.Account.ID, o.ids["grace"])
}

// join invites somebody and accepts for them.
func (o *Office) join(ctx context.Context, email, name string, terms enrolld.Terms) (*academy.User, error) {
	if err := o.inviteAll(ctx, terms, email); err != nil {
		return nil, err
	}
	link, err := o.mailed(ctx, email, "/invitations/")
	if err != nil {
		return nil, err
	}
	u := &academy.User{Email: email, Name: name, Password: "seven quiet herons by the weir"}
	hash, err := o.People.HashPassword(ctx, enrolld.Secret(u.Password))
	if err != nil {
		return nil, err
	}
	token := strings.TrimPrefix(link, "/invitations/")
	u.ID, _, err = o.People.AcceptNew(ctx, enrolld.Actor{Name: email}, token, team.NewLogin{Name: name, Hash: hash})
	return u, err
}

func (o *Office) inviteAll(ctx context.Context, terms enrolld.Terms, addresses ...string) error {
	out, err := o.People.Invite(ctx, o.Owner.Actor(), o.Account.ID, team.Batch{
		Invitees: enrolld.ParseInvitees(strings.Join(addresses, "\n")), Terms: terms,
	})
	for _, each := range out {
		if err == nil && each.Verdict != team.VerdictInvited {
			err = fmt.Errorf("%s was not invited: %s", each.Invitee.Email, each.Reason)
		}
	}
	return err
}

// mailed waits for a mail with a link to a path of ours, and returns the path with
// its token.
func (o *Office) mailed(ctx context.Context, to, path string) (string, error) {
	link := regexp.MustCompile(regexp.QuoteMeta(o.AdminURL()+path) + `[\w-]+`)
	m, err := o.Mailbox.Wait(ctx, func(m mailbox.Message) bool { return slices.Contains(m.To, to) && link.MatchString(m.Text) })
	if err != nil {
		return "", fmt.Errorf("wait for a mail to %s with a link to %s: %w", to, path, err)
	}
	return strings.TrimPrefix(link.FindString(m.Text), o.AdminURL()), nil
}
