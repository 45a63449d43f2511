package me

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image/png"
	"slices"
	"time"

	"github.com/pquerna/otp"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/handlers/page"
	"enrolld/store/team"
)

const (
	keyApp = "me.app" // the app that has not shown a code yet
	// appWaits is how long setting up an app may take.
	appWaits  = 15 * time.Minute
	qrPixels  = 264 // the page puts white around it
	groupSize = 4   // characters of the secret that stand together
)

type appPage struct {
	page.Base
	Form   *page.Form
	Has    bool // an app that works until the new one does
	QR     template.URL
	Link   template.URL // opens an app on the same device
	Secret []string     // in groups
	Action string
	Back   string
}

var appView = page.New[appPage](files, "app")

// newApp is an authenticator app that waits for its first code. It is in the
// session's row only, which is sealed.
type newApp struct {
	Secret string `json:"secret"`
	URL    string `json:"url"`
}

// GET /me/second-factor/app
func (s *Screens) app(r *gate.Request) error {
	app, ok := kept[newApp](r, keyApp)
	if !ok {
		secret, url, err := team.NewTOTP(r.Viewer.Login)
		if err != nil {
			return err
		}
		app = newApp{secret.Reveal(), url.Reveal()}
		if err := keep(r, keyApp, app, appWaits); err != nil {
			return err
		}
	}
	p, err := newAppPage(r, app, page.NewForm())
	if err != nil {
		return err
	}
	return gate.Show(r, appView, p)
}

func newAppPage(r *gate.Request, app newApp, form *page.Form) (*appPage, error) {
	qr, err := qrOf(app.URL)
	if err != nil {
		return nil, err
	}
	p := &appPage{
		Base: r.Base("Set up an authenticator app"), Form: form, Has: r.Viewer.Login.TOTPAt != nil, QR: qr,
		Link:   template.URL(app.URL), //nolint:gosec // made by us: otpauth:
		Action: appURL, Back: gate.SecondFactorURL,
	}
	for group := range slices.Chunk([]byte(app.Secret), groupSize) {
		p.Secret = append(p.Secret, string(group))
	}
	return p, nil
}

// qrOf draws an address as an image that stands in the page itself: no other
// request carries the secret.
func qrOf(address string) (template.URL, error) {
	key, err := otp.NewKeyFromURL(address)
	if err != nil {
		return "", fmt.Errorf("read the address of an app: %w", err)
	}
	img, err := key.Image(qrPixels, qrPixels)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil //nolint:gosec // base64
}

// POST /me/second-factor/app
func (s *Screens) confirmApp(r *gate.Request) error {
	form, err := r.Form()
	if err != nil {
		return err
	}
	app, ok := kept[newApp](r, keyApp)
	if !ok {
		r.Flash(page.Warning, "That took a while. Scan the new QR code below, then enter the code that the app shows.")
		return r.Redirect(appURL)
	}
	replaced := r.Viewer.Login.TOTPAt != nil
	err = s.team.ConfirmTOTP(r.Context(), r.Actor(), r.Viewer.Login.ID, enrolld.Secret(app.Secret), form.Get("code"))
	if err != nil {
		if err := gate.Mend(form, "code", err); err != nil {
			return err
		}
		p, err := newAppPage(r, app, form.Set("code"))
		if err != nil {
			return err
		}
		return gate.ShowAgain(r, appView, p)
	}
	forget(r, keyApp)
	what := "Your authenticator app is set up."
	if replaced {
		what = "Your new authenticator app is set up; the one before works no more."
	}
	location, err := s.added(r, what)
	if err != nil {
		return err
	}
	return r.Redirect(location)
}

// GET /me/second-factor/app/remove
func (s *Screens) askRemoveApp(r *gate.Request) error {
	login := r.Viewer.Login
	if login.TOTPAt == nil {
		return enrolld.Errorf(enrolld.NotFound, "there is no authenticator app to remove")
	}
	if why := lastOwed(r); why != "" {
		return staying(r, why)
	}
	title := "Remove the authenticator app?"
	return gate.Show(r, page.Confirmation, &page.ConfirmPage{Base: r.Base(title), Confirm: page.Confirm{
		Title: title, Text: []string{"The codes that it shows no longer count. " + afterLast(login), "To take it back, set the app up again."},
		Action: appRemoveURL, Verb: "Remove the app", Danger: true, Cancel: page.SecurityURL,
	}})
}

// POST /me/second-factor/app/remove
func (s *Screens) removeApp(r *gate.Request) error {
	err := s.team.RemoveTOTP(r.Context(), r.Actor(), r.Viewer.Login.ID, r.Viewer.NeedsSecondFactor(r.Now()))
	return removed(r, err, "The authenticator app is removed.")
}
