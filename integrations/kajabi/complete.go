package kajabi

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

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
	t := &truth{asker: p.asker(ctx, c), settling: integrations.IsSettling(r.ReceivedAt)}
	if d.flat != nil {
		err = t.addFlat(d.flat)
	} else {
		err = t.addSubjects(&d)
	}
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound && t.settling:
		return parsed, enrolld.Errorf(enrolld.Unavailable, "Kajabi does not know of the sale yet")
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
	list, err := t.boughtBy(id)
	if err != nil {
		return err
	}
	for _, o := range f.offers {
		if err := t.addNewest(list, o.id, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// boughtBy lists what a customer bought, the newest first.
func (t *truth) boughtBy(id string) ([]integrations.Node, error) {
	if err := t.ask(); err != nil {
		return nil, err
	}
	n, err := t.get("purchases", url.Values{
		"filter[customer_id]": {id}, "sort": {"-created_at"}, "page[number]": {"1"}, "page[size]": {"100"},
	}, "a customer's purchases")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(n.Get("data").List(), func(p integrations.Node) bool { return relatedOne(p, "customer") != id }), nil
}

// together is how long a purchase may be made after what paid for it.
const together = time.Hour

// addNewest adds the newest of the purchases of an offer, of those until a moment.
func (t *truth) addNewest(list []integrations.Node, offer string, by time.Time) error {
	for _, p := range list {
		if relatedOne(p, "offer") == offer && (by.IsZero() || !attr(p, "created_at").Time().After(by.Add(together))) {
			return t.addPurchase(resourceID(p))
		}
	}
	return nil
}

// addPaid adds the purchases of a transaction that does not name them: those that
// name it, or else the newest one of its offer.
func (t *truth) addPaid(txn integrations.Node) error {
	who := relatedOne(txn, "customer")
	if who == "" {
		return nil
	}
	list, err := t.boughtBy(who)
	if err != nil {
		return err
	}
	before := len(t.purchases)
	for _, p := range list {
		if slices.Contains(related(p, "transactions"), resourceID(txn)) {
			if err := t.addPurchase(resourceID(p)); err != nil {
				return err
			}
		}
	}
	if offer := relatedOne(txn, "offer"); len(t.purchases) == before && offer != "" {
		return t.addNewest(list, offer, attr(txn, "created_at").Time())
	}
	return nil
}

// addOrdered adds the purchases that an order's items became, where no transaction
// led to them: for what is free there is none. Without them the order would stand
// when they end.
func (t *truth) addOrdered(order integrations.Node) error {
	who := relatedOne(order, "customer")
	missing := slices.DeleteFunc(t.offersOf(resourceID(order)), func(offer string) bool { return len(t.ordered(who, offer)) > 0 })
	if len(missing) == 0 || who == "" {
		return nil
	}
	list, err := t.boughtBy(who)
	if err != nil {
		return err
	}
	for _, offer := range missing {
		if err := t.addNewest(list, offer, attr(order, "created_at").Time()); err != nil {
			return err
		}
		if len(t.ordered(who, offer)) == 0 && t.settling {
			return enrolld.Errorf(enrolld.Unavailable, "Kajabi does not show yet what became of the order")
		}
	}
	return nil
}
