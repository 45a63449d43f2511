package customers

import (
	"fmt"
	"slices"
	"strconv"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/importing"
)

// mostImports bounds what the filter offers. Earlier ones lead to their customers
// from their own pages.
const mostImports = 50

// imports are those that gave somebody something, the newest first, and the one that
// is chosen whichever it is. Who was given some products only sees no imports.
func (s *Screens) imports(r *gate.Request, chosen string) ([]page.Option, error) {
	if narrow(r) {
		return nil, nil
	}
	list, err := importing.On(s.frame.DB).List(r.Context(), r.Account.ID, 0, mostImports)
	if err != nil {
		return nil, err
	}
	var out []page.Option
	for _, i := range list {
		if i.StartedAt == nil {
			continue
		}
		out = append(out, page.Option{
			Value: strconv.FormatInt(i.ID, 10), Label: fmt.Sprintf("%s, %s (import %d)", i.FileName, day(*i.StartedAt), i.ID),
		})
	}
	if id, err := strconv.ParseInt(chosen, 10, 64); err == nil && id > 0 &&
		!slices.ContainsFunc(out, func(o page.Option) bool { return o.Value == chosen }) {
		out = append(out, page.Option{Value: chosen, Label: "Import " + chosen})
	}
	return out, nil
}
