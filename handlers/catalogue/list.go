package catalogue

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
)

// perPage is how many products a page of the list has.
const perPage = 50

type listPage struct {
	page.Base
	URL       string // of the list without filters
	Tabs      []page.Tab
	Platforms []page.Tab // more than one, or none
	Filter    store.ProductFilter
	Rows      []row
	Pager     page.Pager
	Total     int // in scope, whatever the filter
}

type row struct {
	Name, Key, URL string
	Platform       string
	Mapped         bool
	Gives          string
	Parked         string // paid orders that wait for a rule
}

var listView = page.New[listPage](files, "list")

func (s *Screens) list(r *gate.Request) error {
	f := filterOf(r.URL.Query())
	counts, err := s.frame.DB.CountProducts(r.Context(), r.Account.ID, r.Scope())
	if err != nil {
		return err
	}
	platforms, err := s.frame.DB.ProductPlatforms(r.Context(), r.Account.ID, r.Scope())
	if err != nil {
		return err
	}
	p := &listPage{Base: r.Base("Products"), URL: r.Path("/products"), Filter: f, Total: counts.All}
	p.Tabs = tabs(p.URL, f, counts)
	p.Platforms = s.platformTabs(p.URL, f, platforms)
	list, err := s.frame.DB.ProductPage(r.Context(), r.Account.ID, r.Scope(), f)
	if err != nil {
		return err
	}
	list, p.Pager = pages(p.URL, f, list)
	p.Rows, err = s.rows(r, list)
	if err != nil {
		return err
	}
	return gate.Show(r, listView, p)
}

// filterOf reads the filter from an address; what cannot be read filters nothing.
// It asks for one product more than the page shows, to know whether there are more.
func filterOf(q url.Values) store.ProductFilter {
	f := store.ProductFilter{Platform: q.Get("platform"), Words: strings.TrimSpace(q.Get("q")), Limit: perPage + 1}
	if state := store.ProductState(q.Get("state")); state == store.ProductsWaiting || state == store.ProductsMapped {
		f.State = state
	}
	f.After, _ = strconv.ParseInt(q.Get("after"), 10, 64)
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64)
	return f
}

// address is the list with a filter, from its beginning.
func address(list string, f store.ProductFilter, more ...string) string {
	q := url.Values{}
	for name, value := range map[string]string{"state": string(f.State), "platform": f.Platform, "q": f.Words} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(more) == 2 {
		q.Set(more[0], more[1])
	}
	if len(q) == 0 {
		return list
	}
	return list + "?" + q.Encode()
}

func tabs(list string, f store.ProductFilter, n store.ProductCounts) []page.Tab {
	tab := func(title string, state store.ProductState, count int) page.Tab {
		to := f
		to.State = state
		return page.Tab{Title: title, URL: address(list, to), Count: strconv.Itoa(count), Current: f.State == state}
	}
	return []page.Tab{
		tab("All", "", n.All), tab("Waiting for a rule", store.ProductsWaiting, n.Waiting),
		tab("With a rule", store.ProductsMapped, n.All-n.Waiting),
	}
}

func (s *Screens) platformTabs(list string, f store.ProductFilter, platforms []string) []page.Tab {
	if len(platforms) < 2 {
		return nil
	}
	tab := func(title, platform string) page.Tab {
		to := f
		to.Platform = platform
		return page.Tab{Title: title, URL: address(list, to), Current: f.Platform == platform}
	}
	out := []page.Tab{tab("all", "")}
	for _, key := range platforms {
		out = append(out, tab(s.platform(key), key))
	}
	return out
}

// pages cuts the one product that is too many off, and says where the list goes on.
func pages(list string, f store.ProductFilter, products []enrolld.Product) ([]enrolld.Product, page.Pager) {
	var pager page.Pager
	more, backwards := len(products) > perPage, f.Before != 0 && f.After == 0
	switch {
	case more && backwards:
		products = products[1:]
	case more:
		products = products[:perPage]
	}
	if len(products) == 0 {
		return nil, page.Pager{}
	}
	first, last := products[0].ID, products[len(products)-1].ID
	if more || backwards {
		pager.Older = address(list, f, "after", strconv.FormatInt(last, 10))
	}
	if backwards && more || !backwards && f.After != 0 {
		pager.Newer = address(list, f, "before", strconv.FormatInt(first, 10))
	}
	if pager.Newer == "" && pager.Older == "" {
		return products, page.Pager{}
	}
	return products, pager
}

func (s *Screens) rows(r *gate.Request, list []enrolld.Product) ([]row, error) {
	parked, err := s.frame.DB.ParkedCounts(r.Context(), r.Account.ID)
	if err != nil {
		return nil, err
	}
	site := s.site(r, slices.ContainsFunc(list, func(p enrolld.Product) bool { return len(p.Rule.Courses) > 0 }))
	out := make([]row, len(list))
	for i, p := range list {
		out[i] = row{
			Name: p.Label(), Key: p.Key, URL: pathOf(r, p), Platform: s.platform(p.Platform), Mapped: p.MappedAt != nil, Gives: site.give(p),
		}
		if n := parked[store.ProductID{Platform: p.Platform, Key: p.Key}]; n > 0 {
			out[i].Parked = page.Plural(n, "paid order waits", "paid orders wait")
		}
	}
	return out, nil
}
