package enrolld

import "time"

// Product is something that a platform sells, as it was discovered or mapped.
type Product struct {
	ID        int64
	AccountID int64
	Platform  string
	Key       string // the platform's id, or id/variant
	Name      string
	Bundle    bool // the platform's catalogue sells it as several
	Rule      Rule
	MappedAt  *time.Time // nil: not mapped, its orders wait
}

// Label is how people read of the product.
func (p Product) Label() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Key
}

// ProductKeys are the keys under which a product's rule may stand, the most
// particular first.
func (p ProductRef) ProductKeys() []string {
	if p.Variant == "" {
		return []string{p.ID}
	}
	return []string{p.ID + "/" + p.Variant, p.ID}
}

// RulesOf answers rules from a list of products of one account.
func RulesOf(products []Product) Rules {
	type key struct{ platform, product string }
	rules := make(map[key]Rule, len(products))
	for _, p := range products {
		if p.MappedAt != nil {
			rules[key{p.Platform, p.Key}] = p.Rule
		}
	}
	return func(platform string, ref ProductRef) (Rule, bool) {
		for _, k := range ref.ProductKeys() {
			if r, ok := rules[key{platform, k}]; ok {
				return r, true
			}
		}
		return Rule{}, false
	}
}
