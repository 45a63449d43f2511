package main

import (
	"fmt"
	"io"

	"enrolld"
	"enrolld/cmd/service"
	"enrolld/integrations"
	"enrolld/store"
)

type productRefresh struct {
	Account  string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Platform string `help:"Ask only this platform." placeholder:"NAME"`
}

type refreshedJSON struct {
	Integration int64  `json:"integration"`
	Platform    string `json:"platform"`
	Listed      int    `json:"listed"`
	Added       int    `json:"added"`
	Problem     string `json:"problem,omitempty"`
}

// Run lists the products of every integration that has an API for it.
func (c productRefresh) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		sources, err := db.Integrations(a.ctx, account.ID)
		if err != nil {
			return err
		}
		platforms := service.Platforms(a.apis)
		out := []refreshedJSON{}
		for _, i := range sources {
			if i.DisabledAt != nil || c.Platform != "" && c.Platform != i.Platform {
				continue
			}
			v := refreshedJSON{Integration: i.ID, Platform: i.Platform}
			if lister, ok := platforms[i.Platform].(integrations.Cataloguer); !ok {
				v.Problem = "has no catalogue to ask for; products are discovered from its deliveries"
			} else if v.Listed, v.Added, err = refresh(a, db, i, lister); err != nil {
				v.Problem = enrolld.MessageOf(err)
			}
			out = append(out, v)
		}
		return a.print(out, func(w io.Writer) {
			for _, v := range out {
				what := fmt.Sprintf("%d product(s), %d of them new", v.Listed, v.Added)
				if v.Problem != "" {
					what = v.Problem
				}
				_, _ = fmt.Fprintf(w, "%-4d %-14s %s\n", v.Integration, v.Platform, what)
			}
		})
	})
}

func refresh(a *app, db *store.DB, i store.Integration, lister integrations.Cataloguer) (listed, added int, err error) {
	list, err := lister.Catalogue(a.ctx, integrations.Config{Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings})
	if err != nil {
		return 0, 0, err
	}
	products := make([]enrolld.Product, 0, len(list))
	for _, l := range list {
		if key := l.Product.ProductKeys()[0]; key != "" {
			products = append(products, enrolld.Product{AccountID: i.AccountID, Platform: i.Platform, Key: key, Name: l.Product.Name, Bundle: l.Bundle})
		}
	}
	added, err = db.AddProducts(a.ctx, i.AccountID, products)
	return len(products), added, err
}
