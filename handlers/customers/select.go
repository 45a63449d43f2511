package customers

import (
	"fmt"
	"strconv"
	"strings"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store"
	"enrolld/store/bulk"
)

// filterFields are the fields of a filter with something in them.
func filterFields(form *page.Form) map[string]any {
	out := map[string]any{}
	for _, field := range fields {
		if v := strings.TrimSpace(form.Get(field)); v != "" {
			out[field] = v
		}
	}
	return out
}

// selectMany takes those who were ticked, or all who match the filter, to where it
// is asked what to do with them; or sends those who were ticked as a file. Changing
// many is for who may use every product, as adding somebody is: what is given is
// given whatever they bought. An export has who is in scope.
func (s *Screens) selectMany(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	f := parseFilter(form)
	if form.Failed() {
		return enrolld.Errorf(enrolld.Invalid, "the filter cannot be read: go back to the customers and set it anew")
	}
	ticked, err := ids(form.All("id"))
	if err != nil {
		return err
	}
	what := form.Get("for")
	if what != "all" && len(ticked) == 0 {
		r.Flash(page.Warning, "Nobody is ticked. Tick customers in the list first.")
		return r.Redirect(address(r.Path(below), form))
	}
	switch what {
	case "export":
		return s.sendExport(r, store.CustomerFilter{IDs: ticked})
	case "ticked", "all":
	default:
		return enrolld.Errorf(enrolld.Invalid, "choose what to do with the customers")
	}
	if narrow(r) {
		return enrolld.Errorf(enrolld.Forbidden, "you were given some products only, and many customers can be changed by who may use all of them")
	}
	chosen := bulk.Selection{Filter: store.CustomerFilter{IDs: ticked}}
	if what == "all" {
		if chosen.Filter = f; len(filterFields(form)) > 0 {
			if chosen.Words, err = s.filterWords(r, form); err != nil {
				return err
			}
		}
	}
	b, err := bulk.On(s.frame.DB).Choose(r.Context(), r.Actor(), r.Account.ID, chosen)
	if err != nil {
		return err
	}
	return r.Redirect(r.Path(fmt.Sprintf("%s/bulk/%d", below, b.ID)))
}

// filterWords is the filter as a sentence that reads on: "in Ink, without access".
// What was searched for is somebody's name, most often: it is not in it, for the
// sentence goes into the audit log, where nothing can be erased.
func (s *Screens) filterWords(r *gate.Request, form *page.Form) (string, error) {
	at, err := s.site(r)
	if err != nil {
		return "", err
	}
	list, err := s.choices(r, at)
	if err != nil {
		return "", err
	}
	var out []string
	rest := page.NewForm()
	for field, v := range filterFields(form) {
		if field == "q" {
			out = append(out, "found by a search")
			continue
		}
		rest.Set(field, v.(string))
	}
	for _, c := range chips("", rest, list) {
		out = append(out, c.Words)
	}
	return strings.Join(out, ", "), nil
}

func ids(list []string) ([]int64, error) {
	if len(list) > bulk.MostChosen {
		return nil, enrolld.Errorf(enrolld.Invalid, "at most %s customers can be ticked: use a filter for more", page.Number(bulk.MostChosen))
	}
	out := make([]int64, len(list))
	for i, v := range list {
		var err error
		if out[i], err = strconv.ParseInt(v, 10, 64); err != nil || out[i] <= 0 {
			return nil, enrolld.Errorf(enrolld.Invalid, "a customer in the list cannot be read: load the page again")
		}
	}
	return out, nil
}
