package stripe

import (
	"context"
	"encoding/json"
	"net/url"

	"enrolld"
	"enrolld/integrations"
)

var _ integrations.Cataloguer = (*Platform)(nil)

// Catalogue lists the products on sale. A product with several prices is listed
// by each of them too, so that a rule can be for one price alone.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	q, err := p.ask(c, question{ctx: ctx})
	if err != nil {
		return nil, err
	}
	prices := map[string][]integrations.Listed{}
	err = q.list("/v1/prices", url.Values{"active": {"true"}}, "the prices", func(_ json.RawMessage, n integrations.Node) error {
		product := id(n.Get("product"))
		prices[product] = append(prices[product], integrations.Listed{Product: enrolld.ProductRef{
			ID: product, Variant: n.Get("id").Text(), Name: integrations.Clean(n.Get("nickname").Text()),
		}})
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []integrations.Listed
	err = q.list("/v1/products", url.Values{"active": {"true"}}, "the products", func(_ json.RawMessage, n integrations.Node) error {
		ref := enrolld.ProductRef{ID: n.Get("id").Text(), Name: integrations.Clean(n.Get("name").Text())}
		out = append(out, integrations.Listed{Product: ref})
		if list := prices[ref.ID]; len(list) > 1 {
			for _, l := range list {
				l.Product.Name = ref.Name + ", " + pick(l.Product.Name, l.Product.Variant)
				out = append(out, l)
			}
		}
		return nil
	})
	return out, err
}
