package kajabi

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Complete asks Kajabi what a delivery is about and believes that.
func (p *Platform) Complete(
	ctx context.Context, c integrations.Config, r integrations.Request, parsed integrations.Parsed,
) (integrations.Parsed, error) {
	if !p.settings.Get(c.Settings, read).confirm || len(parsed.Events) == 0 {
		parsed.Incomplete = false
		return parsed, nil
	}
	if c.APIKey == "" {
		return parsed, enrolld.Parkf("Kajabi cannot be asked whether the delivery is true: the integration has no API key. Give it one.")
	}
	n, err := r.DecodeJSON()
	if err != nil {
		return parsed, err
	}
	d := newDelivery(n, r.ReceivedAt)
	t := &truth{asker: p.asker(ctx, c)}
	if d.flat != nil {
		err = t.addFlat(d.flat)
	} else {
		err = t.addSubjects(&d)
	}
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		return parsed, enrolld.Errorf(enrolld.Invalid, "Kajabi knows no such sale: the delivery is not genuine")
	case err != nil:
		return parsed, err
	}
	events, err := t.events(r.ReceivedAt)
	return finish(events, false, err)
}

// addSubjects asks for what an API hook's delivery is about.
func (t *truth) addSubjects(d *delivery) error {
	for _, n := range d.subjects() {
		var err error
		id := resourceID(n)
		switch n.Get("type").Text() {
		case typeOrders:
			var paid []string
			for _, txn := range d.transactions {
				paid = append(paid, resourceID(txn))
			}
			err = t.addOrder(id, paid)
		case typeTransactions:
			err = t.addTransaction(id, "")
		default:
			err = t.addPurchase(id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addFlat asks for the transaction of a settings page's delivery, or else for what
// the customer with its address bought of its offers.
func (t *truth) addFlat(f *flat) error {
	if id := f.number(); id != "" {
		err := t.addTransaction(id, "")
		if err == nil && t.sells(f) || err != nil && enrolld.CodeOf(err) != enrolld.NotFound {
			return err
		}
		// It was the number of something else.
		t.resources = resources{}
	}
	return t.addBought(f)
}

// sells says whether the transaction found is about one of the delivery's offers.
func (t *truth) sells(f *flat) bool {
	return slices.ContainsFunc(f.offers, func(o flatOffer) bool {
		return slices.ContainsFunc(t.purchases, func(p integrations.Node) bool { return relatedOne(p, "offer") == o.id }) ||
			slices.ContainsFunc(t.transactions, func(n integrations.Node) bool { return relatedOne(n, "offer") == o.id })
	})
}

// addBought finds purchases by who bought what.
func (t *truth) addBought(f *flat) error {
	missing := enrolld.Errorf(enrolld.NotFound, "Kajabi knows no such customer with such a purchase")
	email, _, err := enrolld.ParseEmail(f.email)
	if err != nil {
		return missing
	}
	n, err := t.get("customers", url.Values{"filter[email_contains]": {email}, "page[size]": {"50"}}, "a customer")
	if err != nil {
		return err
	}
	for _, c := range n.Get("data").List() {
		if !strings.EqualFold(attr(c, "email").Text(), email) {
			continue
		}
		if err := t.addBoughtBy(resourceID(c), f); err != nil {
			return err
		}
	}
	if len(t.purchases) == 0 {
		return missing
	}
	return nil
}

// addBoughtBy adds a customer's newest purchase of each offer.
func (t *truth) addBoughtBy(id string, f *flat) error {
	n, err := t.get("purchases", url.Values{
		"filter[customer_id]": {id}, "sort": {"-created_at"}, "page[number]": {"1"}, "page[size]": {"100"},
	}, "a customer's purchases")
	if err != nil {
		return err
	}
	list := n.Get("data").List()
	for _, o := range f.offers {
		i := slices.IndexFunc(list, func(p integrations.Node) bool {
			return relatedOne(p, "offer") == o.id && relatedOne(p, "customer") == id
		})
		if i < 0 {
			continue
		}
		if err := t.addPurchase(resourceID(list[i])); err != nil {
			return err
		}
	}
	return nil
}
