package kajabi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

const apiURL = "https://api.kajabi.com"

// mostAsked bounds what one delivery can make us ask for.
const mostAsked = 20

// asker asks Kajabi's API on behalf of one integration.
type asker struct {
	*Platform
	ctx context.Context //nolint:containedctx // lives as long as one call of Complete, Catalogue or Pull
	key string
}

func (p *Platform) asker(ctx context.Context, c integrations.Config) asker {
	return asker{Platform: p, ctx: ctx, key: c.APIKey.Reveal()}
}

// token exchanges the API key for a token (OAuth's client credentials).
func (a asker) token() (string, error) {
	return a.tokens.Get(a.ctx, func(ctx context.Context) (string, error) {
		id, secret, _ := strings.Cut(a.key, ":")
		form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret}}
		n, err := a.api.JSON(ctx, integrations.Call{
			Method: http.MethodPost, URL: apiURL + "/v1/oauth/token", What: "a token",
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}},
			Body:   []byte(form.Encode()),
		})
		if err != nil {
			return "", err
		}
		token := n.Get("access_token").Text()
		if token == "" {
			return "", enrolld.Errorf(enrolld.Unavailable, "Kajabi's answer has no token in it")
		}
		return token, nil
	}, a.key)
}

// get asks for something below /v1.
func (a asker) get(path string, query url.Values, what string) (integrations.Node, error) {
	token, err := a.token()
	if err != nil {
		return integrations.Node{}, err
	}
	u := apiURL + "/v1/" + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return a.api.JSON(a.ctx, integrations.Call{URL: u, What: what, Header: http.Header{
		"Authorization": {"Bearer " + token}, "Accept": {"application/vnd.api+json"},
	}})
}

// one asks for a resource by its type and id, and takes it only if that is what
// comes.
func (a asker) one(kind, id string, query url.Values, what string) (integrations.Node, error) {
	if id == "" || len(id) > 64 || strings.Trim(id, idLetters) != "" {
		return integrations.Node{}, enrolld.Errorf(enrolld.NotFound, "Kajabi has no such ids")
	}
	n, err := a.get(kind+"/"+id, query, what)
	if err != nil {
		return n, err
	}
	if data := n.Get("data"); resourceID(data) != id || data.Get("type").Text() != kind {
		return n, enrolld.Errorf(enrolld.NotFound, "Kajabi answered with something else when asked for %s", what)
	}
	return n, nil
}

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"

// truth is what Kajabi says, gathered question by question.
type truth struct {
	asker
	resources
	asked    int
	settling bool // the API may be behind the delivery
}

func (t *truth) ask() error {
	if t.asked++; t.asked > mostAsked {
		return enrolld.Errorf(enrolld.Invalid, "the delivery names more than Kajabi can be asked about")
	}
	return nil
}

// addPurchase adds a purchase with its customer and offer.
func (t *truth) addPurchase(id string) error {
	for _, p := range t.purchases {
		if resourceID(p) == id {
			return nil
		}
	}
	if err := t.ask(); err != nil {
		return err
	}
	n, err := t.one(typePurchases, id, nil, "a purchase")
	if err != nil {
		return err
	}
	return t.addFound(n.Get("data"))
}

// addFound adds a purchase that Kajabi answered with.
func (t *truth) addFound(data integrations.Node) error {
	t.add(data)
	if err := t.addCustomer(relatedOne(data, "customer")); err != nil {
		return err
	}
	return t.addTitle(relatedOne(data, "offer"))
}

func (t *truth) addCustomer(id string) error {
	if _, ok := t.customers[id]; ok || id == "" {
		return nil
	}
	c, err := t.Platform.customers.Get(t.ctx, func(ctx context.Context) (customer, error) {
		in := t.asker
		in.ctx = ctx
		n, err := in.one(typeCustomers, id, nil, "a customer")
		if enrolld.CodeOf(err) == enrolld.NotFound {
			return customer{}, nil // deleted, which says nothing of the sale
		}
		return customerOf(n.Get("data")), err
	}, t.key, id)
	if err != nil {
		return err
	}
	if t.customers == nil {
		t.customers = map[string]customer{}
	}
	t.customers[id] = c
	return nil
}

// addTitle adds the name of an offer. One that was deleted has none.
func (t *truth) addTitle(id string) error {
	if _, ok := t.titles[id]; ok || id == "" {
		return nil
	}
	title, err := t.Platform.titles.Get(t.ctx, func(ctx context.Context) (string, error) {
		in := t.asker
		in.ctx = ctx
		n, err := in.one(typeOffers, id, nil, "an offer")
		if enrolld.CodeOf(err) == enrolld.NotFound {
			return "", nil
		}
		return titleOf(n.Get("data")), err
	}, t.key, id)
	if err != nil {
		return err
	}
	if t.titles == nil {
		t.titles = map[string]string{}
	}
	t.titles[id] = title
	return nil
}

// addTransaction adds a transaction with the purchases that it covers. of is the
// customer whose it must be; "": anybody's.
func (t *truth) addTransaction(id, of string) error {
	if err := t.ask(); err != nil {
		return err
	}
	n, err := t.one(typeTransactions, id, url.Values{"include": {"customer,purchases"}}, "a transaction")
	if err != nil {
		return err
	}
	data := n.Get("data")
	if of != "" && relatedOne(data, "customer") != of {
		return nil
	}
	t.add(data)
	for _, p := range related(data, "purchases") {
		if err := t.addPurchase(p); err != nil {
			return err
		}
	}
	if len(related(data, "purchases")) == 0 {
		// As it was before Kajabi 1.1.0 named the purchases.
		if err := t.addPaid(data); err != nil {
			return err
		}
		if err := t.addTitle(relatedOne(data, "offer")); err != nil {
			return err
		}
	}
	return t.addCustomer(relatedOne(data, "customer"))
}

// addOrder adds an order, its items, and the transactions that paid for it: those
// that it names, or else those that the delivery names, if the customer's.
func (t *truth) addOrder(id string, claimed []string) error {
	if err := t.ask(); err != nil {
		return err
	}
	n, err := t.one(typeOrders, id, url.Values{"include": {"order_items,customer"}}, "an order")
	if err != nil {
		return err
	}
	data := n.Get("data")
	t.add(data)
	t.add(n.Get("included").List()...)
	who := relatedOne(data, "customer")
	paid := related(data, "payment_transactions")
	if len(paid) == 0 && who != "" {
		paid = claimed
	}
	for _, txn := range paid {
		if err := t.addTransaction(txn, who); err != nil && enrolld.CodeOf(err) != enrolld.NotFound {
			return err
		}
	}
	if err := t.addOrdered(data); err != nil {
		return err
	}
	return t.addCustomer(who)
}
