package handlers

import (
	"net/http"
	"slices"

	"enrolld/handlers/account"
	"enrolld/handlers/bulk"
	"enrolld/handlers/catalogue"
	"enrolld/handlers/course"
	"enrolld/handlers/customers"
	"enrolld/handlers/emails"
	"enrolld/handlers/gate"
	"enrolld/handlers/imports"
	"enrolld/handlers/me"
	"enrolld/handlers/overview"
	"enrolld/handlers/page"
	"enrolld/handlers/signin"
	"enrolld/handlers/unsubscribe"
	"enrolld/handlers/users"
	"enrolld/handlers/wording"
	"enrolld/integrations"
	"enrolld/store/team"
)

// addScreens makes the admin: its frame and every screen.
func (s *Server) addScreens(c Config) (err error) {
	people := team.New(c.DB)
	s.frame, err = gate.New(gate.Config{
		DB: c.DB, Team: people, Log: c.Log, BaseURL: c.BaseURL, ClientIP: s.clientIP, RequestID: requestID, Now: s.now,
		Nav: slices.Concat(overview.Nav, customers.Nav, catalogue.Nav, emails.Nav, wording.Nav, imports.Nav, account.Nav, users.Nav, account.NavBelow),
	})
	if err != nil {
		return err
	}
	s.screens, err = screens(s.frame, c.Courses, c.Platforms, c.Access)
	return err
}

// screens is the map of the admin.
func screens(
	f *gate.Frame, courses course.Source, platforms integrations.Registry, access customers.Access,
) ([]gate.Route, error) {
	signIn, err := signin.New(f)
	if err != nil {
		return nil, err
	}
	own, err := me.New(f)
	if err != nil {
		return nil, err
	}
	return slices.Concat(
		signIn.Routes(), own.Routes(), overview.New(f, platforms).Routes(), customers.New(f, courses, platforms, access).Routes(), catalogue.New(f, courses, platforms).Routes(),
		wording.New(f).Routes(), account.New(f).Routes(), users.New(f).Routes(),
		unsubscribe.New(f).Routes(), imports.New(f, courses).Routes(),
		bulk.New(f, courses).Routes(), emails.New(f).Routes(),
	), nil
}

// asset serves the stylesheets and scripts, under names that change with them.
func asset(w http.ResponseWriter, r *http.Request) error {
	page.Assets().ServeHTTP(w, r)
	return nil
}
