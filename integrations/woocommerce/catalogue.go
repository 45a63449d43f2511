package woocommerce

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/integrations"
)

// Bounds of a catalogue: no shop of courses has more, and a shop that answers the
// same page for ever must come to an end.
const (
	mostPages    = 50
	mostVariable = 200
)

// Catalogue lists the products, and each variation of those that have any.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	s, err := p.shop(c)
	if err != nil {
		return nil, err
	}
	var out []integrations.Listed
	variable := 0
	err = s.pages(ctx, "products", "the products", func(n integrations.Node) error {
		listed, ok := product(n)
		if !ok {
			return nil
		}
		out = append(out, listed)
		if n.Get("variations").List() == nil || variable == mostVariable {
			return nil
		}
		variable++
		path := "products/" + url.PathEscape(listed.Product.ID) + "/variations"
		return s.pages(ctx, path, "the variations of a product", func(v integrations.Node) error {
			if id := number(v.Get("id")); id != "" {
				out = append(out, integrations.Listed{Product: variation(listed.Product, id, v)})
			}
			return nil
		})
	})
	return out, err
}

func (s shop) pages(ctx context.Context, path, what string, take func(integrations.Node) error) error {
	for page := 1; page <= mostPages; page++ {
		list, err := s.list(ctx, path, url.Values{
			"page": {strconv.Itoa(page)}, "orderby": {"id"}, "order": {"asc"},
		}, what)
		if err != nil {
			return err
		}
		for _, raw := range list {
			n, err := integrations.DecodeJSON(raw)
			if err != nil {
				return enrolld.Errorf(enrolld.Unavailable, "%s's answer cannot be read when asked for %s", title, what)
			}
			if err := take(n); err != nil {
				return err
			}
		}
		if len(list) < perPage {
			return nil
		}
	}
	return nil
}

// product reads a product that is or was for sale.
func product(n integrations.Node) (integrations.Listed, bool) {
	id := number(n.Get("id"))
	switch n.Get("status").Text() {
	case "publish", "private", "":
	default:
		return integrations.Listed{}, false
	}
	l := integrations.Listed{Product: enrolld.ProductRef{ID: id, Name: name(n.Get("name").Text(), id)}}
	switch n.Get("type").Text() {
	case "grouped", "bundle", "composite":
		l.Bundle = true
	}
	return l, id != ""
}

// variation names a variation as an order does: product, dash, what it differs in.
func variation(of enrolld.ProductRef, id string, n integrations.Node) enrolld.ProductRef {
	var options []string
	for _, a := range n.Get("attributes").List() {
		if o := integrations.Clean(a.Get("option").Text()); o != "" {
			options = append(options, o)
		}
	}
	differs := strings.Join(options, ", ")
	if differs == "" {
		differs = "#" + id
	}
	return enrolld.ProductRef{ID: of.ID, Variant: id, Name: of.Name + " - " + differs}
}

func name(s, id string) string {
	if s = integrations.Clean(s); s != "" {
		return s
	}
	return "#" + id
}
