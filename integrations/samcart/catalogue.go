package samcart

import (
	"context"

	"enrolld"
	"enrolld/integrations"
)

// mostPages bounds how much of a catalogue is read.
const mostPages = 50

// Catalogue lists the marketplace's products that are not archived.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "the products of SamCart can only be listed with an API key")
	}
	var out []integrations.Listed
	url := apiBase + "/products?limit=100"
	for range mostPages {
		n, err := p.api.JSON(ctx, integrations.Call{URL: url, Header: header(c.APIKey), What: "the products"})
		if err != nil {
			return nil, err
		}
		for _, product := range n.Get("data").List() {
			id := number(product.Get("id"))
			if id == "" || product.Get("status").Text() == "archived" {
				continue
			}
			out = append(out, integrations.Listed{
				Product: enrolld.ProductRef{
					ID: id, Name: integrations.Clean(product.First("product_name", "internal_product_name").Text()),
				},
				Bundle: !product.Get("bundled_products").Empty(),
			})
		}
		next := n.Get("pagination", "next").Text()
		if next == "" || next == url {
			break
		}
		url = next
	}
	return out, nil
}
