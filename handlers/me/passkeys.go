package me

import (
	"fmt"
	"slices"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

// POST /me/passkeys/finish
func (s *Screens) addPasskey(r *gate.Request) error {
	return s.keys.FinishMake(r, func(name string) (string, error) {
		return s.added(r, fmt.Sprintf("The passkey ‘%s’ is added.", name))
	})
}

type passkeyPage struct {
	page.Base
	Form   *page.Form
	Name   string
	Action string
	Back   string
}

var passkeyView = page.New[passkeyPage](files, "passkey")

func newPasskeyPage(r *gate.Request, key team.Passkey, form *page.Form) *passkeyPage {
	return &passkeyPage{
		Base: r.Base("Rename a passkey"), Form: form, Name: key.Name, Action: passkeyURL(key), Back: page.SecurityURL,
	}
}

func passkeyURL(key team.Passkey) string { return fmt.Sprintf("%s/%d", passkeysURL, key.ID) }

// ownPasskey finds the passkey that the address names among the person's own.
func (s *Screens) ownPasskey(r *gate.Request) (team.Passkey, error) {
	id, err := r.ID("passkey")
	if err != nil {
		return team.Passkey{}, err
	}
	list, err := s.team.Passkeys(r.Context(), r.Viewer.Login.ID)
	if err != nil {
		return team.Passkey{}, err
	}
	i := slices.IndexFunc(list, func(k team.Passkey) bool { return k.ID == id })
	if i < 0 {
		return team.Passkey{}, enrolld.Errorf(enrolld.NotFound, "there is no such passkey")
	}
	return list[i], nil
}

// GET /me/passkeys/{passkey}
func (s *Screens) passkey(r *gate.Request) error {
	key, err := s.ownPasskey(r)
	if err != nil {
		return err
	}
	return gate.Show(r, passkeyView, newPasskeyPage(r, key, page.NewForm().Set("name", key.Name)))
}

// POST /me/passkeys/{passkey}
func (s *Screens) renamePasskey(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	key, err := s.ownPasskey(r)
	if err != nil {
		return err
	}
	err = s.team.RenamePasskey(r.Context(), r.Actor(), r.Viewer.Login.ID, key.ID, form.Get("name"))
	if err != nil {
		if err := gate.Mend(form, "name", err); err != nil {
			return err
		}
		return gate.ShowAgain(r, passkeyView, newPasskeyPage(r, key, form))
	}
	return r.Done(page.SecurityURL, "The passkey has its new name.")
}

// GET /me/passkeys/{passkey}/remove
func (s *Screens) askRemovePasskey(r *gate.Request) error {
	key, err := s.ownPasskey(r)
	if err != nil {
		return err
	}
	if why := lastOwed(r); why != "" {
		return staying(r, why)
	}
	title := fmt.Sprintf("Remove the passkey ‘%s’?", key.Name)
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base(title), Confirm: page.Confirm{
		Title: title,
		Text: []string{
			"You can no longer sign in with it. " + afterLast(r.Viewer.Login),
			"Your device may go on offering it until you remove it there too. To take it back, add a new passkey.",
		},
		Action: passkeyURL(key) + "/remove", Verb: "Remove the passkey", Danger: true, Cancel: page.SecurityURL,
	}})
}

// POST /me/passkeys/{passkey}/remove
func (s *Screens) removePasskey(r *gate.Request) error {
	key, err := s.ownPasskey(r)
	if err != nil {
		return err
	}
	err = s.team.RemovePasskey(r.Context(), r.Actor(), r.Viewer.Login.ID, key.ID, r.Viewer.NeedsSecondFactor(r.Now()))
	return removed(r, err, fmt.Sprintf("The passkey ‘%s’ is removed.", key.Name))
}
