package service

import (
	"context"
	"net/url"
	"time"

	"enrolld"
	"enrolld/handlers/customers"
	companion "enrolld/integrations/wordpress"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

const (
	// entranceTimeout is how long somebody waits for a site that does not answer.
	entranceTimeout = 5 * time.Second
	pollEntries     = 2 * time.Second
)

// Entrance finds the way onto an account's site as one of its users: the user must
// have no more than a customer's rights, and the companion plugin on the site must
// know how to let somebody in.
func (a access) Entrance(ctx context.Context, accountID, userID int64) (customers.Entrance, error) {
	at, err := provision.LoadPlace(ctx, a.db, accountID)
	if err != nil {
		return customers.Entrance{}, err
	}
	user, err := wordpress.UserByID(ctx, a.db.Conn(), at.Site, userID)
	switch {
	case enrolld.CodeOf(err) == enrolld.NotFound:
		return customers.Entrance{}, enrolld.Errorf(enrolld.NotFound, "the site has no WordPress user for this customer any more")
	case err != nil:
		return customers.Entrance{}, err
	case user.Privileged:
		return customers.Entrance{}, enrolld.Errorf(enrolld.Forbidden,
			"this WordPress user has more rights on the site than a customer has: nobody can log in as them")
	}
	if err := a.companionLetsIn(ctx, at); err != nil {
		return customers.Entrance{}, err
	}
	out := customers.Entrance{Field: companion.TokenField}
	if out.Address, out.Origin, err = companion.EntryURL(at.SiteURL()); err != nil {
		return out, err
	}
	if u, err := url.Parse(out.Origin); err == nil {
		out.Site = u.Host
	}
	return out, nil
}

// companionLetsIn asks the site's companion plugin whether it can.
func (a access) companionLetsIn(ctx context.Context, at provision.Place) error {
	key, err := a.db.CompanionKey(ctx, at.Account.ID)
	if enrolld.CodeOf(err) == enrolld.NotFound {
		return enrolld.Errorf(enrolld.Conflict, "the companion plugin is not installed on the site: install it first")
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, entranceTimeout)
	defer cancel()
	client := &companion.Client{BaseURL: at.SiteURL(), Key: key}
	health, err := client.Health(ctx)
	if err != nil {
		return err
	}
	return health.CanEnter()
}

// entries writes to the audit log what happened on the sites.
func (s *Service) entries(ctx context.Context) (int, error) {
	return s.cfg.DB.NoteEntries(ctx, 0)
}
