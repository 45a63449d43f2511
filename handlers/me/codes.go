package me

import (
	"fmt"
	"io"
	"strings"
	"time"

	"enrolld/handlers/gate"
	"enrolld/handlers/page"
)

const (
	keyCodes = "me.codes" // recovery codes that are shown now
	// codesShown is how long they can be looked at, unless they are kept before.
	codesShown = 15 * time.Minute
	// fewCodes is from when on new ones should be made.
	fewCodes = 3
)

// shownCodes are recovery codes that were just made. They are nowhere else in
// clear than in the session's row, which is sealed, until they are kept.
type shownCodes struct {
	Codes []string  `json:"codes"`
	Made  time.Time `json:"made"`
	Next  string    `json:"next"` // where the person goes then
}

type codesPage struct {
	page.Base
	Codes    string // one a line; "" when none are shown
	Made     string // the day
	Email    string
	Factor   bool // there is something that codes can stand in for
	Left     int
	Few      bool
	MakeURL  string
	Download string
	KeptURL  string
	SetUpURL string
	Back     string
}

var codesView = page.New[codesPage](files, "codes")

// GET /me/recovery-codes
func (s *Screens) codes(r *gate.Request) error {
	left, err := s.team.RecoveryCodesLeft(r.Context(), r.Viewer.Login.ID)
	if err != nil {
		return err
	}
	p := &codesPage{
		Base: r.Base("Recovery codes"), Email: r.Viewer.Login.Email, Factor: r.Viewer.Login.SecondFactor(), Left: left, Few: left <= fewCodes,
		MakeURL: codesURL, Download: codesURL + "/download", KeptURL: codesURL + "/kept", SetUpURL: gate.SecondFactorURL, Back: page.SecurityURL,
	}
	if shown, ok := kept[shownCodes](r, keyCodes); ok {
		p.Codes, p.Made = strings.Join(shown.Codes, "\n"), day(shown.Made)
	}
	return gate.Show(r, codesView, p)
}

// makeCodes makes new recovery codes and has them shown.
func (s *Screens) makeCodes(r *gate.Request) error {
	codes, err := s.team.MakeRecoveryCodes(r.Context(), r.Actor(), r.Viewer.Login.ID)
	if err != nil {
		return err
	}
	shown := shownCodes{Codes: codes, Made: r.Now(), Next: page.SecurityURL}
	if owed(r) {
		shown.Next = page.HomeURL
	}
	return keep(r, keyCodes, shown, codesShown)
}

// POST /me/recovery-codes
func (s *Screens) newCodes(r *gate.Request) error {
	if err := s.makeCodes(r); err != nil {
		return err
	}
	return r.Redirect(codesURL)
}

// POST /me/recovery-codes/download
func (s *Screens) downloadCodes(r *gate.Request) error {
	shown, ok := kept[shownCodes](r, keyCodes)
	if !ok {
		r.Flash(page.Warning, "The codes are not shown any more. If you have not kept them, make new ones.")
		return r.Redirect(codesURL)
	}
	h := r.Writer.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="enrolld-recovery-codes.txt"`)
	h.Set("X-Content-Type-Options", "nosniff")
	_, err := io.WriteString(r.Writer, codesFile(s.frame.Base().Host, r.Viewer.Login.Email, shown))
	return err
}

// codesFile is what is downloaded, with line ends that every editor knows.
func codesFile(host, email string, shown shownCodes) string {
	text := fmt.Sprintf("Recovery codes of %s for %s %s\nMade on %s. Each works once. Codes that were made before work no more.\n\n%s\n",
		email, page.Product, host, day(shown.Made), strings.Join(shown.Codes, "\n"))
	return strings.ReplaceAll(text, "\n", "\r\n")
}

func day(t time.Time) string { return t.Format("2 January 2006") }

// POST /me/recovery-codes/kept
func (s *Screens) keptCodes(r *gate.Request) error {
	shown, ok := kept[shownCodes](r, keyCodes)
	if !ok {
		return r.Redirect(page.SecurityURL)
	}
	forget(r, keyCodes)
	return r.Done(shown.Next, "Your recovery codes are not shown again.")
}
