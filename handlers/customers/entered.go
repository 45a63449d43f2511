package customers

import (
	"fmt"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store"
)

// visit is somebody who is on the site as the customer now.
type visit struct {
	store.Entry
	EndURL string
}

// visits lists them for who may log in as customers. Who was given some products
// only sees their own.
func (s *Screens) visits(r *gate.Request, id int64) ([]visit, error) {
	if !r.May(enrolld.PermLogInAs) {
		return nil, nil
	}
	list, err := s.frame.DB.Entries(r.Context(), r.Account.ID, id)
	var out []visit
	for _, e := range list {
		if own := ownOnly(r); own == 0 || own == e.LoginID {
			out = append(out, visit{e, pathOf(r, id) + fmt.Sprintf("/visits/%d/end", e.ID)})
		}
	}
	return out, err
}

// ownOnly is the caller's login when they may end their own entries alone, else 0.
func ownOnly(r *gate.Request) int64 {
	if narrow(r) {
		return r.Viewer.Login.ID
	}
	return 0
}

func (s *Screens) endEntry(r *gate.Request) error {
	c, err := s.reachable(r)
	if err != nil {
		return err
	}
	id, err := r.ID("entry")
	if err != nil {
		return err
	}
	if err := s.frame.DB.EndEntry(r.Context(), r.Actor(), r.Account.ID, c.ID, id, ownOnly(r)); err != nil {
		return err
	}
	return r.Done(s.pageOf(r, c.ID), "The session on the site as %s has ended.", c.Label())
}

// entryDeed leads to logging in as a customer, when the caller may. What cannot be
// told now is not offered.
func (s *Screens) entryDeed(r *gate.Request, c enrolld.Customer) (deed, bool) {
	if !r.May(enrolld.PermLogInAs) || enrolld.MayEnter(c) != nil {
		return deed{}, false
	}
	wholly, err := s.frame.DB.WhollyInScope(r.Context(), r.Account.ID, c.ID, r.Scope())
	return deed{Label: "Log in as this customer", URL: pathOf(r, c.ID) + "/log-in-as", Icon: "external"}, err == nil && wholly
}

// endWords say how an entry ended.
var endWords = map[enrolld.EntryEnd]string{
	enrolld.EntryLeft:    "Ended on the site.",
	enrolld.EntryStopped: "Ended here.",
	enrolld.EntryRevoked: "Ended with the sessions or the permissions of whoever was logged in.",
	enrolld.EntryOver:    "Its time was over.",
	enrolld.EntryBarred:  "Ended since nobody may log in as this customer any more.",
	enrolld.EntryNoUser:  "The site has no such user any more.",
	enrolld.EntryRights:  "The user has more rights on the site than a customer.",
}
